import type { Clock, Timer } from '../kernel/clock.js';
import { messageOf } from '../kernel/errors.js';

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

export interface StoreOutageParts {
  readonly clock: Clock;
  /** The store, as a line of the log begins with it. */
  readonly store: string;
  /** One of what it is given, likewise. */
  readonly item: string;
  /** What an outage means; the reason follows. */
  readonly whenFailing: string;
  onTry(): void;
  log(level: 'info' | 'warn' | 'error', message: string): void;
}

/** Whether a store works, with one line in the log when that changes; and when it is to be tried again. */
export class StoreOutage {
  private since: number | undefined;
  private timer: Timer | undefined;
  private pauseMs = FIRST_PAUSE_MS;
  private stopped = false;
  /** How many it has taken. */
  private taken = 0;
  /** What failed since it was taken last, with how many had been taken then. */
  private readonly failed = new Map<string, number>();
  /** What fails while others are taken. */
  private readonly stuck = new Set<string>();

  constructor(private readonly parts: StoreOutageParts) {}

  get lasts(): boolean {
    return this.since !== undefined;
  }

  /**
   * Whether it is the store that fails. It is not if it has taken others since the same one failed before.
   * @param key of what it did not take; undefined if it was asked for something else.
   */
  fails(error: unknown, key?: string): boolean {
    const isTheStore = key === undefined || !this.isStuck(key, error);
    if (isTheStore && this.since === undefined) {
      this.since = this.parts.clock.now();
      this.pauseMs = FIRST_PAUSE_MS;
      this.parts.log('error', `${this.parts.whenFailing}: ${messageOf(error)}`);
    }
    this.tryLater();
    return isTheStore;
  }

  /** Whether it did not before. @param key of what it has taken; undefined if it has answered something else. */
  works(key?: string): boolean {
    if (key !== undefined) {
      this.taken++;
      this.failed.delete(key);
      this.stuck.delete(key);
    }
    if (this.since === undefined) return false;
    const seconds = Math.round((this.parts.clock.now() - this.since) / 1000);
    this.since = undefined;
    this.pauseMs = FIRST_PAUSE_MS;
    this.parts.log('info', `${this.parts.store} works again, after ${seconds} s`);
    return true;
  }

  /** Unless that is going to happen anyway: those who try in vain meanwhile must not keep the next try away. */
  tryLater(): void {
    if (this.stopped) return;
    this.timer ??= this.parts.clock.setTimeout(() => {
      this.timer = undefined;
      // Only for tries of our own.
      this.pauseMs = Math.min(LONGEST_PAUSE_MS, this.pauseMs * 2);
      this.parts.onTry();
    }, this.pauseMs);
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  private isStuck(key: string, error: unknown): boolean {
    const before = this.failed.get(key) ?? this.taken;
    this.failed.set(key, this.taken);
    if (before === this.taken) return false;
    const line = `${this.parts.item} is not taken, while others are; it stays in DATA_DIR and is tried again`;
    if (!this.stuck.has(key)) this.parts.log('error', `${line}: ${messageOf(error)}`);
    this.stuck.add(key);
    return true;
  }
}
