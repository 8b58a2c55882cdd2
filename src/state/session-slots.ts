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

/** What else a slot takes than room in this process. */
export interface SlotGate {
  /** How many there may be here, as far as is known. */
  readonly share: number;
  /** Whether there may be one more. Never rejects, and answers in the order in which it was asked. */
  take(): Promise<boolean>;
  /** One less. */
  give(): void;
}

interface Waiter {
  /** Does not stay if there is no slot now. */
  readonly hurried: boolean;
  grant(lease: SlotLease): void;
  refuse(error: ParleyError): void;
}

/** How often the gate is asked again while somebody waits for it: others do not say when they have a slot to spare. */
const ASK_AGAIN_MS = 250;

/**
 * How many sessions there may be at a time: a first-in-first-out semaphore that hands out leases. With a gate, each slot
 * is also asked for there, and kept for this process while somebody waits here.
 */
export class SessionSlots {
  private held = 0;
  /** Slots kept for a question to the gate that is under way. */
  private asked = 0;
  private readonly refused = new Map<string, number>();
  private refusal: (() => ParleyError) | undefined;
  private readonly waiters = new Set<Waiter>();
  private whenIdle: (() => void)[] = [];
  private askAgain: Timer | undefined;

  constructor(
    private readonly limits: SlotLimits,
    private readonly clock: Clock,
    private readonly gate?: SlotGate,
  ) {}

  /** How many there may be, as far as is known. */
  get capacity(): number {
    return Math.min(this.limits.capacity, this.gate?.share ?? Infinity);
  }

  /** Also those that the gate is still asked for. */
  get active(): number {
    return this.held;
  }

  /** Those that somebody has. */
  get granted(): number {
    return this.held - this.asked;
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
    // Nobody overtakes those who wait; those whose question is under way do not.
    if (this.held < this.limits.capacity && this.waiters.size === this.asked) {
      if (!this.gate) return Promise.resolve(this.take());
      const lease = this.join(timeoutMs, signal);
      void this.ask(this.gate);
      return lease;
    }
    if (timeoutMs === 0 || this.waiters.size - this.asked >= this.limits.queue)
      return Promise.reject(this.count(atCapacity()));
    return this.join(timeoutMs, signal);
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

  private join(timeoutMs: number, signal: AbortSignal): Promise<SlotLease> {
    return new Promise((resolve, reject) => {
      let timer: Timer | undefined;
      const settle = (done: () => void): void => {
        this.waiters.delete(waiter);
        timer?.cancel();
        signal.removeEventListener('abort', onAbort);
        done();
        this.askWhileSomebodyWaits();
      };
      const hurried = timeoutMs === 0;
      const waiter: Waiter = {
        hurried,
        grant: (lease) => settle(() => resolve(lease)),
        refuse: (error) => settle(() => reject(this.count(error))),
      };
      const onAbort = (): void => settle(() => reject(signal.reason as Error));
      if (!hurried) timer = this.clock.setTimeout(() => waiter.refuse(atCapacity()), timeoutMs);
      signal.addEventListener('abort', onAbort, { once: true });
      this.waiters.add(waiter);
    });
  }

  /** Asks for one more, for whoever is first when the answer comes. */
  private async ask(gate: SlotGate): Promise<void> {
    this.held++;
    this.asked++;
    const granted = await gate.take();
    this.asked--;
    this.held--;
    if (granted) {
      const lease = this.take();
      const [first] = this.waiters;
      if (first) first.grant(lease);
      else lease.release();
      if (this.waiters.size > this.asked && this.held < this.limits.capacity) void this.ask(gate);
    } else {
      this.refuseSurplus();
      if (this.held === 0) this.tellIdle();
    }
    this.askWhileSomebodyWaits();
  }

  /** Those for whom no question is under way any more: who is in a hurry goes, and for whom there is no room to wait. */
  private refuseSurplus(): void {
    for (const waiter of this.waiters) {
      if (this.waiters.size <= this.asked) return;
      if (waiter.hurried) waiter.refuse(atCapacity());
    }
    for (const waiter of [...this.waiters].toReversed()) {
      if (this.waiters.size - this.asked <= this.limits.queue) return;
      waiter.refuse(atCapacity());
    }
  }

  private askWhileSomebodyWaits(): void {
    const { gate } = this;
    if (!gate) return;
    // Without room here, a slot that is given back goes to who waits first.
    const useful = this.held < this.limits.capacity && this.waiters.size > 0 && this.asked === 0;
    if (!useful) {
      this.askAgain?.cancel();
      this.askAgain = undefined;
      return;
    }
    this.askAgain ??= this.clock.setTimeout(() => {
      this.askAgain = undefined;
      void this.ask(gate);
    }, ASK_AGAIN_MS);
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
        // What the gate has granted goes along.
        if (next) next.grant(this.take());
        else this.gate?.give();
        if (this.held === 0) this.tellIdle();
      },
    };
  }

  private tellIdle(): void {
    for (const resolve of this.whenIdle) resolve();
    this.whenIdle = [];
  }
}

function atCapacity(): ParleyError {
  return new ParleyError('at_capacity', 'Server at capacity, please try again later', true);
}
