import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../../../../kernel/clock.js';
import { compiledUrl } from '../../../../kernel/compiled-url.js';
import { ParleyError } from '../../../../kernel/errors.js';
import { InferenceGate, type InferencePriority } from '../../../inference-gate.js';
import type { RecogniserOptions, WorkerAnswer, WorkerMessage, WorkerRequest } from './protocol.js';

/** Loading the engine and its first decoders; a busy machine takes seconds. */
const START_TIMEOUT_MS = 30_000;

/**
 * One recogniser thread. It gets one request at a time, each with a deadline; when it dies or does not answer it is
 * lost, for good: the pool starts another.
 */
export class RecogniserWorker {
  private readonly thread: Worker;
  private readonly gate = new InferenceGate(1);
  private readonly exited: Promise<void>;
  private readonly lossListeners = new Set<(error: ParleyError) => void>();
  private readonly ready = new Deferred<void>();
  private pending: Deferred<WorkerAnswer> | undefined;
  private deadline: Timer;
  private loss: ParleyError | undefined;

  constructor(
    options: RecogniserOptions,
    private readonly deadlineMs: number,
    private readonly clock: Clock,
    private readonly onIncident: (message: string) => void,
  ) {
    this.thread = new Worker(compiledUrl(import.meta.url, './stt.worker.js'), {
      name: 'stt',
      workerData: options,
      // Its output is not ours to print; faults come as messages.
      stdout: true,
      stderr: true,
    });
    this.exited = new Promise((resolve) => this.thread.once('exit', () => resolve()));
    this.thread.on('message', (message: WorkerMessage) => this.receive(message));
    this.thread.once('error', (error) => this.lose('died', error));
    this.thread.once('exit', () => this.lose('ended'));
    this.deadline = this.clock.setTimeout(() => this.lose('did not start in time'), START_TIMEOUT_MS);
    this.ready.promise.catch(() => {});
  }

  /** Resolves when the engine is loaded, rejects when that fails. */
  whenReady(): Promise<void> {
    return this.ready.promise;
  }

  get lost(): boolean {
    return this.loss !== undefined;
  }

  /** Requests waiting for the thread. */
  get waiting(): number {
    return this.gate.waiting;
  }

  /** @param listener is called once when the worker is lost. @returns takes the listener off. */
  onLoss(listener: (error: ParleyError) => void): () => void {
    this.lossListeners.add(listener);
    return () => this.lossListeners.delete(listener);
  }

  /**
   * Waits for its turn, then asks. `build` is called at that moment: what has come in meanwhile goes along.
   * Rejects with a ParleyError `stt_failed`, retryable when the worker was lost, or with the signal's reason while waiting.
   */
  async request(
    build: () => { readonly request: WorkerRequest; readonly transfer?: readonly ArrayBuffer[] },
    priority: InferencePriority,
    signal?: AbortSignal,
  ): Promise<WorkerAnswer> {
    await this.ready.promise;
    const release = await this.gate.acquire(priority, signal);
    try {
      if (this.loss) throw this.loss;
      const { request, transfer } = build();
      this.pending = new Deferred();
      this.deadline = this.clock.setTimeout(
        () => this.lose(`did not answer within ${this.deadlineMs} ms`),
        this.deadlineMs,
      );
      this.thread.postMessage(request, transfer ?? []);
      return await this.pending.promise;
    } finally {
      this.deadline.cancel();
      this.pending = undefined;
      release();
    }
  }

  /** Ends the thread; what it still had to do fails. Idempotent. */
  async close(): Promise<void> {
    this.lose('is closed');
    await this.exited;
  }

  private receive(message: WorkerMessage): void {
    switch (message.kind) {
      case 'ready':
        this.deadline.cancel();
        if (message.incident !== undefined) this.onIncident(message.incident);
        this.ready.resolve();
        break;
      case 'answer':
        this.pending?.resolve(message.answer);
        break;
      case 'failure':
        this.pending?.reject(new ParleyError('stt_failed', `The recogniser failed: ${message.message}`, true));
        break;
    }
  }

  private lose(what: string, cause?: unknown): void {
    if (this.loss) return;
    this.loss = new ParleyError('stt_failed', `The recogniser's worker ${what}`, true, { cause });
    this.deadline.cancel();
    void this.thread.terminate();
    this.ready.reject(this.loss);
    this.pending?.reject(this.loss);
    for (const listener of this.lossListeners) listener(this.loss);
    this.lossListeners.clear();
  }
}

/** A promise that others settle. */
class Deferred<T> {
  resolve!: (value: T) => void;
  reject!: (error: Error) => void;
  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}
