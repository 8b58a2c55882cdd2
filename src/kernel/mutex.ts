import type { Clock } from './clock.js';
import { ParleyError } from './errors.js';

/** One at a time, first come first served. */
export class Mutex {
  private tail: Promise<void> = Promise.resolve();

  constructor(private readonly clock: Clock) {}

  /** Runs `work` when it is its turn; rejects with `timeout` if waiting for the turn takes longer than `waitMs`. */
  async runExclusive<T>(waitMs: number, work: () => Promise<T>): Promise<T> {
    const previous = this.tail;
    let release: () => void = () => undefined;
    this.tail = new Promise((resolve) => (release = resolve));
    try {
      await this.turn(previous, waitMs);
    } catch (error) {
      // Whoever is next still has to wait for those before us.
      void previous.then(release);
      throw error;
    }
    try {
      return await work();
    } finally {
      release();
    }
  }

  private async turn(previous: Promise<void>, waitMs: number): Promise<void> {
    let timer: { cancel(): void } | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = this.clock.setTimeout(
        () => reject(new ParleyError('timeout', `No turn within ${waitMs} ms`, true)),
        waitMs,
      );
    });
    try {
      await Promise.race([previous, timeout]);
    } finally {
      timer?.cancel();
    }
  }
}
