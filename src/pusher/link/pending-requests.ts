import type { Clock } from '../../kernel/clock.js';

interface Pending {
  readonly id: string;
  /** The same bytes each time. */
  readonly frame: Buffer;
  readonly madeAt: number;
  /** On this connection; undefined: not yet. */
  sentAt: number | undefined;
  retries: number;
  /** It lies in the pusher's queue. */
  accepted: boolean;
}

export interface PendingLimits {
  readonly capacity: number;
  /** What was not accepted after so long is sent again, */
  readonly timeoutMs: number;
  /** so many times at most on one connection. */
  readonly maxRetries: number;
}

/** Requests in the order in which they were made, each once, until they are answered. */
export class PendingRequests {
  private readonly requests = new Map<string, Pending>();

  constructor(
    private readonly clock: Clock,
    private readonly limits: PendingLimits,
    /** Hears of one that had to make room. */
    private readonly onDropped: (id: string) => void,
  ) {}

  get size(): number {
    return this.requests.size;
  }

  get allAccepted(): boolean {
    return [...this.requests.values()].every(({ accepted }) => accepted);
  }

  /** How long the oldest has been waiting. */
  get oldestMs(): number {
    const oldest = this.requests.values().next().value;
    return oldest ? this.clock.now() - oldest.madeAt : 0;
  }

  has(id: string): boolean {
    return this.requests.has(id);
  }

  add(id: string, frame: Buffer): void {
    if (this.requests.has(id)) return;
    this.requests.set(id, {
      id,
      frame,
      madeAt: this.clock.now(),
      sentAt: undefined,
      retries: 0,
      accepted: false,
    });
    if (this.requests.size > this.limits.capacity) this.makeRoom();
  }

  /** Those that are to be sent now, which count as sent. */
  due(): Buffer[] {
    const now = this.clock.now();
    return [...this.requests.values()].flatMap((pending) => {
      if (pending.sentAt !== undefined && !this.isOverdue(pending, now)) return [];
      if (pending.sentAt !== undefined) pending.retries++;
      pending.sentAt = now;
      return [pending.frame];
    });
  }

  /** It needs no more retries, but is sent again on the next connection: the answer comes to who asked last. */
  accept(id: string): void {
    const pending = this.requests.get(id);
    if (pending) pending.accepted = true;
  }

  /** It is answered; false if it was before. */
  settle(id: string): boolean {
    return this.requests.delete(id);
  }

  /** There is a new connection, and all of them are due. */
  replay(): void {
    for (const pending of this.requests.values()) {
      pending.sentAt = undefined;
      pending.retries = 0;
      pending.accepted = false;
    }
  }

  private isOverdue({ accepted, retries, sentAt }: Pending, now: number): boolean {
    return !accepted && retries < this.limits.maxRetries && now - sentAt! >= this.limits.timeoutMs;
  }

  private makeRoom(): void {
    // One that is accepted is carried out without us; only its result does not come here.
    const all = [...this.requests.values()];
    const { id } = all.find(({ accepted }) => accepted) ?? all[0]!;
    this.requests.delete(id);
    this.onDropped(id);
  }
}
