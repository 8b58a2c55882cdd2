import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import { type ConversationEntry, conversationEntry } from '../../services/conversations/conversation-record.js';
import { SessionDirectory } from '../../state/session-directory.js';
import type { SaidBefore } from '../../state/session-registry.js';

/** How often is asked for news: somebody reads it, on whichever replica the call is. */
const LOOK_EVERY_MS = 400;
/** After this a connection is made anew, with a credential that is looked at again. */
const LONGEST_MS = 900_000;
/** Proxies close what is silent for long. */
const SIGN_OF_LIFE_MS = 15_000;
const MOST_FAILURES = 10;
const MOST_AT_ONCE = 50;
/** So that one credential does not keep all others from it. */
const MOST_OF_ONE = 10;
const SAID = 'said';

const before = z.object({ part: z.string(), from: z.int().min(0) });
const soFar = z.object({
  part: z.string(),
  upTo: z.int(),
  entries: z.array(conversationEntry),
  agent: z.string(),
  state: z.string(),
});

/** What those who read along get, one after the other. */
export type TranscriptNews =
  | {
      readonly type: 'said';
      readonly entries: readonly ConversationEntry[];
      readonly agent: string;
      readonly state: string;
    }
  /** Nothing new. */
  | { readonly type: 'quiet' }
  /** The call is over; or it is to be asked for again. */
  | { readonly type: 'over' | 'again' };

/** Lets operators read along in calls, wherever they are: what is kept of them, the moment it would be kept. */
@Injectable()
export class LiveTranscripts {
  /** How many there are, by who they are. */
  private readonly followers = new Map<string, number>();

  constructor(
    private readonly directory: SessionDirectory,
    private readonly clock: Clock,
  ) {
    directory.handle(SAID, (session, body) => {
      if (!session.said)
        throw new ParleyError('unsupported', 'What is said in this session stands in its conversations');
      return session.said(before.parse(body));
    });
  }

  /** Why `who` cannot follow one more just now. */
  refusalOf(who: string): string | undefined {
    if (this.countOf(who) >= MOST_OF_ONE) return `${MOST_OF_ONE} calls are being followed with this credential already`;
    const all = [...this.followers.values()].reduce((sum, count) => sum + count, 0);
    return all >= MOST_AT_ONCE ? 'Too many calls are being followed' : undefined;
  }

  /**
   * First all that was said so far, then what is new. Ends after `over` or `again`. Rejects, before it tells anything, with
   * `not_found` or `unsupported`; and with the signal's reason.
   * @param who one credential
   */
  async *follow(sessionId: string, who: string, signal: AbortSignal): AsyncGenerator<TranscriptNews> {
    this.followers.set(who, this.countOf(who) + 1);
    try {
      yield* this.news(sessionId, signal);
    } finally {
      const left = this.countOf(who) - 1;
      if (left > 0) this.followers.set(who, left);
      else this.followers.delete(who);
    }
  }

  private countOf(who: string): number {
    return this.followers.get(who) ?? 0;
  }

  private async *news(sessionId: string, signal: AbortSignal): AsyncGenerator<TranscriptNews> {
    const beganAt = this.clock.now();
    let known: SaidBefore = { part: '', from: 0 };
    let shown = '';
    let toldAt = -Infinity;
    let failures = 0;
    while (this.clock.now() - beganAt < LONGEST_MS) {
      try {
        const { part, upTo, entries, agent, state } = soFar.parse(await this.directory.send(sessionId, SAID, known));
        failures = 0;
        const isNews = entries.length > 0 || shown !== `${agent} ${state}`;
        if (isNews) yield { type: 'said', entries, agent, state };
        else if (this.clock.now() - toldAt >= SIGN_OF_LIFE_MS) yield { type: 'quiet' };
        if (isNews || this.clock.now() - toldAt >= SIGN_OF_LIFE_MS) toldAt = this.clock.now();
        known = { part, from: upTo };
        shown = `${agent} ${state}`;
      } catch (error) {
        const code = error instanceof ParleyError ? error.code : undefined;
        if (code === 'not_found' && shown !== '') {
          yield { type: 'over' };
          return;
        }
        // A replica that is slow, or a store that is away, may be back in a moment.
        if (shown === '' || code === 'not_found' || ++failures > MOST_FAILURES) throw error;
      }
      await this.clock.delay(LOOK_EVERY_MS, signal);
    }
    yield { type: 'again' };
  }
}
