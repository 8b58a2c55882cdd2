import type { Clock } from '../kernel/clock.js';

const MINUTE_MS = 60_000;
const MAX_KEYS = 10_000;

interface Window {
  readonly startedAt: number;
  count: number;
}

/**
 * Counts by key, in minutes that begin with the first count. Of more than 10,000 keys at a time the oldest are forgotten, but
 * not those that have used up what they may: they are kept apart until their minute is over, so that nobody is let in again
 * for having brought many others. Of those, too, there are 10,000 at most: then each that is used up takes the place of the
 * one that was so first, and who has that many keys gains nothing by it.
 */
export class RateWindows {
  private readonly counting = new Map<string, Window>();
  private readonly usedUp = new Map<string, Window>();

  /** @param perMinute how many there may be; 0 for any number. */
  constructor(
    private readonly perMinute: number,
    private readonly clock: Clock,
  ) {}

  /** One more. Returns after how many ms the minute is over, if it is one too many. */
  count(key: string): number | undefined {
    if (this.perMinute === 0) return undefined;
    const window = this.current(key) ?? this.open(key);
    if (++window.count === this.perMinute) this.keepApart(key, window);
    return window.count > this.perMinute ? this.leftOf(window) : undefined;
  }

  /** The same if the next one would be too many; counts nothing. */
  exhausted(key: string): number | undefined {
    if (this.perMinute === 0) return undefined;
    const window = this.current(key);
    return window && window.count >= this.perMinute ? this.leftOf(window) : undefined;
  }

  private current(key: string): Window | undefined {
    const window = this.usedUp.get(key) ?? this.counting.get(key);
    return window && this.leftOf(window) > 0 ? window : undefined;
  }

  private open(key: string): Window {
    const window = { startedAt: this.clock.now(), count: 0 };
    this.usedUp.delete(key);
    this.counting.delete(key);
    if (this.counting.size >= MAX_KEYS) forgetFirst(this.counting);
    this.counting.set(key, window);
    return window;
  }

  private keepApart(key: string, window: Window): void {
    this.counting.delete(key);
    if (this.usedUp.size >= MAX_KEYS)
      for (const [other, old] of this.usedUp) if (this.leftOf(old) <= 0) this.usedUp.delete(other);
    if (this.usedUp.size >= MAX_KEYS) forgetFirst(this.usedUp);
    this.usedUp.set(key, window);
  }

  private leftOf(window: Window): number {
    return window.startedAt + MINUTE_MS - this.clock.now();
  }
}

/** The one that was put in first. */
function forgetFirst(windows: Map<string, Window>): void {
  windows.delete(windows.keys().next().value!);
}
