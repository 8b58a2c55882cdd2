import type { Transferable, Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../../kernel/clock.js';
import { ParleyError, messageOf } from '../../kernel/errors.js';

/** What a worker posts, once, when it can take messages. */
export const WORKER_READY = 'ready';

export interface SupervisedWorkerOptions {
  /** For messages. */
  readonly name: string;
  readonly spawn: () => Worker;
  /** How long a worker may take until it is ready. */
  readonly readyTimeoutMs: number;
  readonly clock: Clock;
  /** A worker (the first one or a replacement) is ready; what the previous one was given is gone. */
  readonly onReady?: () => void;
  readonly onMessage: (message: unknown) => void;
  /** The worker died or was replaced: nothing will come back of what it was given. */
  readonly onLost: (reason: Error) => void;
}

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5000;
/** Who lived this long has not died of starting: its successor is started at once. */
const STABLE_MS = 10_000;
/** What a thread that is being stopped gets to finish loading. */
const LOADING_MS = 4000;

/** A worker thread that is replaced when it dies; the first start must succeed, later ones are tried again for ever. */
export class SupervisedWorker {
  private worker: Worker | undefined;
  private isReady = false;
  private readyAtMs = 0;
  private retryMs = 0;
  private timer: Timer | undefined;
  private firstStart: { resolve: () => void; reject: (reason: Error) => void } | undefined;
  /** The threads that are being stopped. */
  private readonly stopping = new Set<Promise<void>>();
  private closing: Promise<void> | undefined;

  constructor(private readonly options: SupervisedWorkerOptions) {}

  get ready(): boolean {
    return this.isReady;
  }

  /** Rejects if the worker does not become ready; nothing is left running then. */
  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const onAbort = (): void => this.firstStart?.reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        this.firstStart = { resolve, reject };
        this.launch();
      });
    } catch (error) {
      await this.close();
      throw error;
    } finally {
      this.firstStart = undefined;
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Only while `ready`. */
  post(message: unknown, transfer: readonly Transferable[] = []): void {
    this.worker?.postMessage(message, transfer);
  }

  /** Gives up the worker, which hangs or answers nonsense, and starts another. */
  replace(reason: string): void {
    if (this.worker) this.lose(this.worker, new Error(reason));
  }

  close(): Promise<void> {
    return (this.closing ??= this.doClose());
  }

  private async doClose(): Promise<void> {
    this.timer?.cancel();
    const isLoading = !this.isReady;
    this.isReady = false;
    const worker = this.worker;
    this.worker = undefined;
    if (worker) this.discard(worker, isLoading);
    await Promise.all(this.stopping);
  }

  private launch(): void {
    if (this.closing) return;
    const { name, readyTimeoutMs, clock } = this.options;
    const worker = this.options.spawn();
    this.worker = worker;
    this.timer = clock.setTimeout(
      () => this.lose(worker, new ParleyError('timeout', `${name} was not ready within ${readyTimeoutMs} ms`, true)),
      readyTimeoutMs,
    );
    worker.on('message', (message: unknown) =>
      message === WORKER_READY ? this.welcome() : this.options.onMessage(message),
    );
    worker.on('error', (error) =>
      this.lose(worker, new Error(`${name} failed: ${messageOf(error)}`, { cause: error })),
    );
    worker.on('exit', (code) => this.lose(worker, new Error(`${name} ended with exit code ${code}`)));
  }

  private welcome(): void {
    this.timer?.cancel();
    this.isReady = true;
    this.readyAtMs = this.options.clock.now();
    this.firstStart?.resolve();
    this.options.onReady?.();
  }

  private lose(worker: Worker, reason: Error): void {
    if (this.worker !== worker) return;
    this.timer?.cancel();
    if (this.isReady && this.options.clock.now() - this.readyAtMs >= STABLE_MS) this.retryMs = 0;
    this.worker = undefined;
    this.isReady = false;
    this.discard(worker);
    if (this.firstStart) {
      this.firstStart.reject(reason);
      return;
    }
    this.timer = this.options.clock.setTimeout(() => this.launch(), this.retryMs);
    this.retryMs = Math.min(LONGEST_RETRY_MS, Math.max(FIRST_RETRY_MS, this.retryMs * 2));
    this.options.onLost(reason);
  }

  /** A thread that is stopped while it loads a native library takes the whole process with it: let it load first. */
  private loaded(worker: Worker): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.options.clock.setTimeout(resolve, LOADING_MS);
      const done = (): void => {
        timer.cancel();
        resolve();
      };
      worker.once('message', done).once('exit', done);
    });
  }

  private discard(worker: Worker, isLoading = false): void {
    // One by one: without a name it would also remove those by which the thread's port is kept going.
    for (const event of ['error', 'message', 'exit']) worker.removeAllListeners(event);
    // A worker that is being stopped may still fail; nobody waits for it any more.
    worker.on('error', () => undefined);
    const stoppable = isLoading ? this.loaded(worker) : Promise.resolve();
    const stopped = stoppable.then(() => worker.terminate()).then(() => void this.stopping.delete(stopped));
    this.stopping.add(stopped);
  }
}
