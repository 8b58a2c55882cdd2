import type { Clock, Timer } from '../../kernel/clock.js';
import { ParleyError, messageOf } from '../../kernel/errors.js';
import type { ConversationRecord } from '../../services/conversations/conversation-record.js';
import type { Conversations } from '../../services/conversations/conversations.js';

/** Why a conversation is not ours any more. `closed`: somebody has taken it for over. */
export type Loss = 'taken_over' | 'closed' | 'removed';

type Verdict = 'write' | 'done' | Loss;

export interface KeeperParts {
  readonly conversations: Pick<Conversations, 'change'>;
  readonly clock: Clock;
  readonly tenant: string;
  readonly id: string;
  /** Whose conversation it is, as long as it says so. */
  readonly owner: string;
  /** It is stored already. */
  readonly known: boolean;
  /** As it is now. */
  readonly record: () => ConversationRecord;
  /** @param stored what somebody else has made of it */
  readonly onLost: (loss: Loss, stored: ConversationRecord | undefined) => void;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
}

/** Others may take a conversation for abandoned that was not written for twice as long. */
const HEARTBEAT_MS = 30_000;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 15_000;

/**
 * Brings one conversation to the store, behind its session: the newest state, one write at a time, again and again while the
 * store does not work. Writes nothing any more once the conversation is somebody else's.
 */
export class ConversationKeeper {
  private known: boolean;
  private changed = false;
  private writing: Promise<void> | undefined;
  private stopped = false;
  private readonly quitting = new AbortController();
  private readonly whenStopped = Promise.withResolvers<void>();
  private heartbeat: Timer | undefined;
  private failures = 0;

  constructor(private readonly parts: KeeperParts) {
    this.known = parts.known;
  }

  /** It has changed. */
  note(): void {
    if (this.stopped) return;
    this.changed = true;
    this.writing ??= this.write();
  }

  /** Resolves when what was noted is stored, with true; with false if that will not happen. Never rejects. */
  async settled(): Promise<boolean> {
    while (this.writing && !this.stopped) await Promise.race([this.writing, this.whenStopped.promise]);
    return !this.stopped;
  }

  /** Nothing more is written. Returns whether something has not been. */
  stop(): boolean {
    const isUnwritten = !this.stopped && (this.changed || this.writing !== undefined);
    this.stopped = true;
    this.heartbeat?.cancel();
    this.quitting.abort();
    this.whenStopped.resolve();
    return isUnwritten;
  }

  /** Resolves when no write is under way. Never rejects. */
  async idle(): Promise<void> {
    await this.writing;
  }

  private async write(): Promise<void> {
    this.heartbeat?.cancel();
    while (this.changed && !this.stopped) {
      this.changed = false;
      try {
        await this.put();
      } catch (error) {
        this.failed(error);
        await this.pause();
      }
    }
    this.writing = undefined;
    if (!this.stopped) this.heartbeat = this.parts.clock.setTimeout(() => this.note(), HEARTBEAT_MS);
  }

  private async put(): Promise<void> {
    const { conversations, tenant, id } = this.parts;
    const record = this.parts.record();
    const asked: { verdict: Verdict; stored: ConversationRecord | undefined } = { verdict: 'write', stored: undefined };
    const written = await conversations.change(tenant, id, (stored) => {
      asked.stored = stored;
      asked.verdict = this.verdictOn(stored, record);
      return asked.verdict === 'write' ? { ...record, processing: stored?.processing } : undefined;
    });
    if (this.failures > 0) this.parts.log('info', 'The conversation is stored again');
    this.failures = 0;
    if (written) this.known = true;
    // What was to be written was deleted in the meantime.
    else if (asked.verdict !== 'done') this.lose(asked.verdict === 'write' ? 'removed' : asked.verdict, asked.stored);
  }

  private verdictOn(stored: ConversationRecord | undefined, record: ConversationRecord): Verdict {
    if (!stored) return this.known ? 'removed' : 'write';
    if (stored.listened?.owner !== this.parts.owner) return 'taken_over';
    if (stored.status === 'in_progress') return 'write';
    // A write that seemed to have failed may have succeeded.
    return record.status === stored.status ? 'done' : 'closed';
  }

  private lose(loss: Loss, stored: ConversationRecord | undefined): void {
    if (this.stopped) return;
    this.stop();
    this.parts.onLost(loss, stored);
  }

  private failed(error: unknown): void {
    const { log } = this.parts;
    this.changed = true;
    if (this.failures++ === 0) log('warn', `The conversation cannot be stored: ${messageOf(error)}`);
    if (!(error instanceof ParleyError) || error.retryable || error.code !== 'store_failed') return;
    log('error', 'The store does not want the conversation');
    this.stop();
  }

  /** Until the next try. */
  private async pause(): Promise<void> {
    const retryMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(this.failures, 10), LONGEST_RETRY_MS);
    try {
      await this.parts.clock.delay(retryMs * (0.75 + Math.random() / 2), this.quitting.signal);
    } catch {
      // It was stopped.
    }
  }
}
