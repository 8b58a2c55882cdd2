/** Time, injected: production uses the system's, tests advance a ManualClock. Milliseconds everywhere. */
export abstract class Clock {
  /** Monotonic milliseconds since an arbitrary start. */
  abstract now(): number;
  /** Wall-clock milliseconds since 1970. */
  abstract wallTime(): number;
  abstract setTimeout(callback: () => void, delayMs: number): Timer;

  /** What the wall clock showed, or will show, at a time of the monotonic one. */
  wallTimeOf(time: number): number {
    return this.wallTime() - (this.now() - time);
  }

  /** Resolves after `delayMs`; rejects with the signal's reason if it aborts first. */
  delay(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const onAbort = (): void => {
        timer.cancel();
        reject(signal?.reason as Error);
      };
      const timer = this.setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, delayMs);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}

export interface Timer {
  /** Idempotent. */
  cancel(): void;
}

export class SystemClock extends Clock {
  now(): number {
    return performance.now();
  }

  wallTime(): number {
    return Date.now();
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    const handle = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(handle) };
  }
}

/** A clock that stands still until told to move; timers fire in order of their due time, then of creation. */
export class ManualClock extends Clock {
  private time = 0;
  private sequence = 0;
  private readonly timers = new Map<number, { dueMs: number; callback: () => void }>();

  constructor(private readonly startedAt = 1_700_000_000_000) {
    super();
  }

  /** How many timers are waiting: a leak shows here. */
  get pending(): number {
    return this.timers.size;
  }

  now(): number {
    return this.time;
  }

  wallTime(): number {
    return this.startedAt + this.time;
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    const id = this.sequence++;
    this.timers.set(id, { dueMs: this.time + Math.max(0, delayMs), callback });
    return { cancel: () => void this.timers.delete(id) };
  }

  /** Moves time on, letting promise reactions run after each timer. */
  async advance(byMs: number): Promise<void> {
    const end = this.time + byMs;
    for (;;) {
      await settle();
      const next = [...this.timers].reduce<[number, { dueMs: number; callback: () => void }] | undefined>(
        (best, entry) => (best && best[1].dueMs <= entry[1].dueMs ? best : entry),
        undefined,
      );
      if (!next || next[1].dueMs > end) break;
      this.timers.delete(next[0]);
      this.time = Math.max(this.time, next[1].dueMs);
      next[1].callback();
    }
    this.time = end;
    await settle();
  }
}

/** Lets every promise reaction that is already due run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
