import type { Clock } from '../../kernel/clock.js';
import { messageOf } from '../../kernel/errors.js';
import { within } from '../../kernel/time-limit.js';
import type { EarlierConversation, EarlierConversations } from './earlier-conversations.js';
import type { HandOver } from './hand-over.js';

export interface SuccessionParts {
  readonly earlier: EarlierConversations;
  readonly handOver: HandOver;
  readonly clock: Clock;
  /** Work that may outlive the session for a while. */
  readonly spawn: (name: string, work: (signal: AbortSignal) => Promise<void>) => void;
  readonly log: (level: 'warn', message: string) => void;
}

/** The start of a session does not wait longer for the store. */
const FIND_MS = 5000;

/** What becomes of conversations that others have begun: a session goes on with one, or hands over what nobody goes on with. */
export class Succession {
  constructor(private readonly parts: SuccessionParts) {}

  /** What there is to go on with, if that is known in time. Never rejects. */
  async find(conversationId: string | undefined): Promise<EarlierConversation | undefined> {
    const { clock, log } = this.parts;
    try {
      // It may come late; then somebody else finds that nobody goes on with it.
      return await within(FIND_MS, this.resumable(conversationId), clock);
    } catch (error) {
      log('warn', `There may be a conversation to go on with: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** Hands over what the same device has left behind. @param current is not. Never rejects. */
  async clearLeftovers(current: () => string | undefined, signal: AbortSignal): Promise<void> {
    const { earlier, log } = this.parts;
    try {
      for (const record of await earlier.leftovers(signal)) {
        signal.throwIfAborted();
        if (record.id !== current()) await this.handOver(record);
      }
    } catch (error) {
      if (!signal.aborted) log('warn', `What was left behind is not handed over: ${messageOf(error)}`);
    }
  }

  private async resumable(conversationId: string | undefined): Promise<EarlierConversation | undefined> {
    const { earlier, spawn } = this.parts;
    const record = await earlier.find(conversationId);
    if (!record) return undefined;
    // Whether it is over is for who has it to say.
    if (earlier.isLive(record)) return earlier.isOfThisKind(record) ? await earlier.takeOver(record) : undefined;
    if (!earlier.isOver(record)) return await earlier.takeOver(record);
    spawn(`hand_over ${record.id}`, () => this.handOver(record));
    return undefined;
  }

  private async handOver(record: EarlierConversation): Promise<void> {
    const { earlier, handOver } = this.parts;
    // Not if somebody still writes it.
    if (!(await earlier.close(record))) return;
    if (record.listened.segments.length === 0) await handOver.discard(record.id);
    else handOver.request(record);
  }
}
