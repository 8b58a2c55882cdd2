import type { Clock, Timer } from '../../kernel/clock.js';
import { messageOf } from '../../kernel/errors.js';
import type { ResumeStore, ResumeTicket } from './resume-store.js';
import type { SessionSnapshot } from './session-snapshot.js';

export interface SessionKeeperParts {
  readonly store: ResumeStore;
  readonly ticket: ResumeTicket;
  readonly clock: Clock;
  snapshot(): SessionSnapshot;
  /** The client has come back elsewhere: this session is nobody's any more. */
  onTakenOver(): void;
  onProblem(message: string): void;
}

/** Keeps the snapshot of one live session in step with it: one write at a time, the newest last. */
export class SessionKeeper {
  private writing: Promise<void> | undefined;
  private changed = false;
  private closed = false;
  private failing = false;
  private timer: Timer | undefined;

  constructor(private readonly parts: SessionKeeperParts) {}

  get token(): string {
    return this.parts.ticket.token;
  }

  /** The session has moved on. */
  note(): void {
    if (this.closed) return;
    this.changed = true;
    this.writing ??= this.write();
  }

  /** The session is over. @param last what may be gone on with; undefined when it has ended for good. Never rejects. */
  async close(last: SessionSnapshot | undefined): Promise<void> {
    this.closed = true;
    this.timer?.cancel();
    await this.writing;
    const { store, ticket } = this.parts;
    try {
      await (last ? store.keepLast(ticket, last) : store.forget(ticket, this.parts.snapshot().sessionId));
    } catch (error) {
      this.problem(error);
    }
  }

  private async write(): Promise<void> {
    // What changes in one go is written in one go.
    await Promise.resolve();
    while (this.changed && !this.closed) {
      this.changed = false;
      await this.keep();
    }
    this.writing = undefined;
    if (!this.closed) this.refreshLater();
  }

  private async keep(): Promise<void> {
    const { parts } = this;
    try {
      const isOurs = await parts.store.keep(parts.ticket, parts.snapshot());
      this.failing = false;
      if (!isOurs && !this.closed) parts.onTakenOver();
    } catch (error) {
      this.problem(error);
    }
  }

  /** So that it does not expire while nothing is said; and again what could not be written. */
  private refreshLater(): void {
    this.timer?.cancel();
    this.timer = this.parts.clock.setTimeout(() => this.note(), this.parts.store.refreshMs);
  }

  /** Once in a row: the store's own log says how long it was away. */
  private problem(error: unknown): void {
    if (!this.failing) this.parts.onProblem(`The session could not be kept for a reconnect: ${messageOf(error)}`);
    this.failing = true;
  }
}
