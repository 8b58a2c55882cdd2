import type { Timer } from '../../kernel/clock.js';

/** One request that waits in a line, until it is served, refused, out of time or not wanted any more. */
export class Waiter<T> {
  /** Rejects with what `reject` was given, or with the signal's reason. */
  readonly promise: Promise<T>;
  private readonly settled = Promise.withResolvers<T>();
  private signal: AbortSignal | undefined;
  private timer: Timer | undefined;

  /** At the end of `line`, which it leaves when it is settled. */
  constructor(
    readonly sessionId: string,
    private readonly line: Set<Waiter<T>>,
  ) {
    this.promise = this.settled.promise;
    line.add(this);
  }

  get isWaiting(): boolean {
    return this.line.has(this);
  }

  /** Not beyond `timer`, which rejects it, nor `signal`. */
  waitUntil(timer: Timer, signal: AbortSignal): void {
    this.timer = timer;
    this.signal = signal;
    signal.addEventListener('abort', this.onAbort, { once: true });
  }

  resolve(value: T): void {
    this.leave();
    this.settled.resolve(value);
  }

  reject(error: Error): void {
    this.leave();
    this.settled.reject(error);
  }

  private readonly onAbort = (): void => this.reject(this.signal!.reason as Error);

  private leave(): void {
    this.line.delete(this);
    this.timer?.cancel();
    this.signal?.removeEventListener('abort', this.onAbort);
  }
}
