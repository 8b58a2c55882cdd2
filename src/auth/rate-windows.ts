import type { Clock } from '../kernel/clock.js';

const MINUTE_MS = 60_000;
const MAX_KEYS = 10_000;

interface Window {
  readonly startedAt: number;
  count: number;
}

/** Counts by key, in minutes that begin with the first count. Of more than 10,000 keys the oldest are forgotten. */
export class RateWindows {
  private readonly windows = new Map<string, Window>();

  /** @param perMinute how many there may be; 0 for any number. */
  constructor(
    private readonly perMinute: number,
    private readonly clock: Clock,
  ) {}

  /** One more. Returns after how many ms the minute is over, if it is one too many. */
  count(key: string): number | undefined {
    if (this.perMinute === 0) return undefined;
    const window = this.current(key) ?? this.open(key);
    return ++window.count > this.perMinute ? this.leftOf(window) : undefined;
  }

  /** The same if the next one would be too many; counts nothing. */
  exhausted(key: string): number | undefined {
    if (this.perMinute === 0) return undefined;
    const window = this.current(key);
    return window && window.count >= this.perMinute ? this.leftOf(window) : undefined;
  }

  private current(key: string): Window | undefined {
    const window = this.windows.get(key);
    return window && this.clock.now() - window.startedAt < MINUTE_MS ? window : undefined;
  }

  private open(key: string): Window {
    const window = { startedAt: this.clock.now(), count: 0 };
    if (this.windows.size >= MAX_KEYS) this.windows.delete(this.windows.keys().next().value!);
    this.windows.delete(key);
    this.windows.set(key, window);
    return window;
  }

  private leftOf(window: Window): number {
    return window.startedAt + MINUTE_MS - this.clock.now();
  }
}
