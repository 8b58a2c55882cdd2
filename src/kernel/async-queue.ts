/**
 * A bounded FIFO between one producer and one consumer. `push` waits for room (back-pressure), `close` lets the
 * consumer finish what is there, `fail` and `clear` do not.
 */
export class AsyncQueue<T> implements AsyncIterable<T> {
  private items: T[] = [];
  private state: 'open' | 'closed' | 'failed' = 'open';
  private failure: unknown;
  private wakeConsumer: (() => void) | undefined;
  private wakeProducers: (() => void)[] = [];

  constructor(private readonly capacity = Infinity) {}

  get depth(): number {
    return this.items.length;
  }

  /** Resolves once the item is in; false if the queue no longer takes any. */
  async push(item: T): Promise<boolean> {
    while (this.state === 'open' && this.items.length >= this.capacity) {
      await new Promise<void>((resolve) => this.wakeProducers.push(resolve));
    }
    return this.offer(item);
  }

  /** Synchronous `push`; false if full or closed. */
  offer(item: T): boolean {
    if (this.state !== 'open' || this.items.length >= this.capacity) return false;
    this.items.push(item);
    this.wake();
    return true;
  }

  /** No more items; the consumer still gets those that are in. Idempotent. */
  close(): void {
    if (this.state !== 'open') return;
    this.state = 'closed';
    this.wake();
    this.releaseProducers();
  }

  /** Ends the consumer with `error` at once; what is in the queue is dropped. */
  fail(error: unknown): void {
    if (this.state === 'failed') return;
    this.state = 'failed';
    this.failure = error;
    this.items = [];
    this.wake();
    this.releaseProducers();
  }

  /** Drops what is in the queue and returns it. */
  clear(): T[] {
    const dropped = this.items;
    this.items = [];
    this.releaseProducers();
    return dropped;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      if (this.state === 'failed') throw this.failure;
      if (this.items.length > 0) {
        const item = this.items.shift() as T;
        this.releaseProducers();
        yield item;
      } else if (this.state === 'closed') {
        return;
      } else {
        await new Promise<void>((resolve) => (this.wakeConsumer = resolve));
      }
    }
  }

  private wake(): void {
    this.wakeConsumer?.();
    this.wakeConsumer = undefined;
  }

  private releaseProducers(): void {
    const waiting = this.wakeProducers;
    this.wakeProducers = [];
    for (const resolve of waiting) resolve();
  }
}
