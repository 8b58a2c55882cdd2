import { Injectable } from '@nestjs/common';
import type { AbortKind } from '../kernel/abort.js';

/** What the rest of the process may know of, and do to, a live session. */
export interface LiveSession {
  readonly id: string;
  /** JSON-able, without what was said. */
  describe(): SessionSummary;
  /** What was said and heard, in parts that are not told again, and as it is kept; undefined where it is not told this way. */
  said?(before: SaidBefore): SaidSoFar;
  /** From now on nothing of what is said is taken in, kept or passed on, until `resume`. Both are idempotent. */
  pause(): void;
  resume(): void;
  /** Ends the session; resolves when everything it held has been given back. Idempotent. */
  close(reason: AbortKind): Promise<void>;
}

/** What somebody has who reads along; none of it at first. */
export interface SaidBefore {
  /** Empty at first. */
  readonly part: string;
  /** How many entries. */
  readonly from: number;
}

export interface SaidSoFar {
  /** A session that goes on after its connection was lost begins another one, with none of the entries of the one before. */
  readonly part: string;
  /** How many entries are known with these, of which there may be more. */
  readonly upTo: number;
  /** Of a conversation's record, from the first that is not known on. JSON-able. */
  readonly entries: readonly unknown[];
  readonly agent: string;
  readonly state: string;
}

export interface SessionSummary {
  readonly session_id: string;
  /** `voice`: somebody speaks with an agent of ours. `listen`: we write down what others say. */
  readonly kind: 'voice' | 'listen';
  readonly tenant: string;
  readonly agent: string;
  readonly scenario: string;
  readonly started_at: string;
  readonly duration_ms: number;
  /** Of the caller; or segments that were understood. */
  readonly turns: number;
  readonly state: string;
  readonly active_tasks: Readonly<Record<string, string>>;
}

/** The sessions of this process. */
@Injectable()
export class SessionRegistry {
  private readonly sessions = new Map<string, LiveSession>();
  /** How many of the same id have gone on as another one, and are still closing. */
  private readonly replaced = new Map<string, number>();
  private readonly listeners = new Set<(id: string) => void>();
  private connected = 0;

  get active(): number {
    return this.sessions.size;
  }

  /** Since the process started. */
  get counts(): { connected: number; disconnected: number; active: number } {
    return { connected: this.connected, disconnected: this.connected - this.active, active: this.active };
  }

  add(session: LiveSession): void {
    if (this.sessions.has(session.id)) this.replaced.set(session.id, (this.replaced.get(session.id) ?? 0) + 1);
    this.sessions.set(session.id, session);
    this.connected++;
    this.tell(session.id);
  }

  /** Of several with the same id the newest stays to the last. */
  remove(id: string): void {
    const older = this.replaced.get(id) ?? 0;
    if (older > 1) this.replaced.set(id, older - 1);
    else if (older === 1) this.replaced.delete(id);
    else if (this.sessions.delete(id)) this.tell(id);
  }

  get(id: string): LiveSession | undefined {
    return this.sessions.get(id);
  }

  list(): LiveSession[] {
    return [...this.sessions.values()];
  }

  /** Called with the id of a session that has been added or removed. */
  onChange(listener: (id: string) => void): void {
    this.listeners.add(listener);
  }

  async closeAll(reason: AbortKind): Promise<void> {
    await Promise.allSettled(this.list().map((session) => session.close(reason)));
  }

  private tell(id: string): void {
    for (const listener of this.listeners) listener(id);
  }
}
