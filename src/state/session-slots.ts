import type { Clock, Timer } from '../kernel/clock.js';
import { ParleyError } from '../kernel/errors.js';

/** The right to hold one session. */
export interface SlotLease {
  /** Gives the slot back; only the first call counts. */
  release(): void;
}

export interface SlotLimits {
  /** Sessions at a time, from 1. */
  readonly capacity: number;
  /** How many may wait for a slot, from 0: each holds a connection, and what has come on it. */
  readonly queue: number;
}

interface Waiter {
  grant(lease: SlotLease): void;
  refuse(error: ParleyError): void;
}

/** How many sessions there may be at a time: a first-in-first-out semaphore that hands out leases. */
export class SessionSlots {
  private held = 0;
  private readonly refused = new Map<string, number>();
  private refusal: (() => ParleyError) | undefined;
  private readonly waiters = new Set<Waiter>();
  private whenIdle: (() => void)[] = [];

  constructor(
    private readonly limits: SlotLimits,
    private readonly clock: Clock,
  ) {}

  get capacity(): number {
    return this.limits.capacity;
  }

  get active(): number {
    return this.held;
  }

  get waiting(): number {
    return this.waiters.size;
  }

  /** How many got no slot since the process started, by the code of the refusal. */
  get refusals(): ReadonlyMap<string, number> {
    return this.refused;
  }

  /**
   * Waits up to `timeoutMs` for a slot. Rejects with `at_capacity` when there was none, or no room to wait, with what
   * `suspend` was given while it is suspended, and with the signal's reason when the caller has gone.
   */
  acquire(timeoutMs: number, signal: AbortSignal): Promise<SlotLease> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    if (this.refusal) return Promise.reject(this.count(this.refusal()));
    if (this.held < this.capacity) return Promise.resolve(this.take());
    if (timeoutMs === 0 || this.waiters.size >= this.limits.queue) return Promise.reject(this.count(atCapacity()));
    return new Promise((resolve, reject) => {
      let timer: Timer | undefined;
      const settle = (done: () => void): void => {
        this.waiters.delete(waiter);
        timer?.cancel();
        signal.removeEventListener('abort', onAbort);
        done();
      };
      const waiter: Waiter = {
        grant: (lease) => settle(() => resolve(lease)),
        refuse: (error) => settle(() => reject(this.count(error))),
      };
      const onAbort = (): void => settle(() => reject(signal.reason as Error));
      timer = this.clock.setTimeout(() => waiter.refuse(atCapacity()), timeoutMs);
      signal.addEventListener('abort', onAbort, { once: true });
      this.waiters.add(waiter);
    });
  }

  /** Resolves when no slot is held: no session lives, is being built or being torn down. */
  idle(): Promise<void> {
    if (this.held === 0) return Promise.resolve();
    return new Promise((resolve) => this.whenIdle.push(resolve));
  }

  /** Sends everyone who waits away, at a drain. */
  refuseWaiting(error: ParleyError): void {
    // Deleting the current one is allowed while iterating a set.
    for (const waiter of this.waiters) waiter.refuse(error);
  }

  /** Nobody gets a slot until `resume`, free or not; whoever waits is sent away. Slots that are held stay held. */
  suspend(refusal: () => ParleyError): void {
    this.refusal = refusal;
    for (const waiter of this.waiters) waiter.refuse(refusal());
  }

  resume(): void {
    this.refusal = undefined;
  }

  private count(refusal: ParleyError): ParleyError {
    this.refused.set(refusal.code, (this.refused.get(refusal.code) ?? 0) + 1);
    return refusal;
  }

  private take(): SlotLease {
    this.held++;
    let released = false;
    return {
      release: () => {
        if (released) return;
        released = true;
        this.held--;
        const [next] = this.waiters;
        next?.grant(this.take());
        if (this.held > 0) return;
        for (const resolve of this.whenIdle) resolve();
        this.whenIdle = [];
      },
    };
  }
}

function atCapacity(): ParleyError {
  return new ParleyError('at_capacity', 'Server at capacity, please try again later', true);
}
