/** Live conversation (`mic`) goes before transcription of somebody else's call (`system`). */
export type InferencePriority = 'mic' | 'system';

/**
 * Lets at most `permits` jobs onto the local inference workers at a time. Those who wait are served first come, first
 * served within their priority, `mic` always before `system`.
 */
export class InferenceGate {
  private free: number;
  private readonly queues: Record<InferencePriority, Set<Waiter>> = { mic: new Set(), system: new Set() };

  constructor(readonly permits: number) {
    if (!Number.isInteger(permits) || permits < 1)
      throw new RangeError(`permits must be a positive integer, got ${permits}`);
    this.free = permits;
  }

  /** How many wait for a permit. */
  get waiting(): number {
    return this.queues.mic.size + this.queues.system.size;
  }

  /** How many permits are taken. */
  get active(): number {
    return this.permits - this.free;
  }

  /**
   * Resolves with the function that gives the permit back (idempotent). Rejects with the signal's reason if it aborts
   * before there is a permit.
   */
  acquire(priority: InferencePriority, signal?: AbortSignal): Promise<() => void> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    if (this.free > 0) {
      this.free -= 1;
      return Promise.resolve(this.createRelease());
    }
    return new Promise((resolve, reject) => {
      const queue = this.queues[priority];
      const onAbort = (): void => {
        queue.delete(waiter);
        reject(signal?.reason as Error);
      };
      const waiter: Waiter = {
        admit: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve(this.createRelease());
        },
      };
      queue.add(waiter);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  private createRelease(): () => void {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.handOn();
    };
  }

  /** The permit goes straight to the next in line, so that a newcomer cannot take it in between. */
  private handOn(): void {
    for (const queue of [this.queues.mic, this.queues.system]) {
      for (const next of queue) {
        queue.delete(next);
        next.admit();
        return;
      }
    }
    this.free += 1;
  }
}

interface Waiter {
  admit(): void;
}
