import type { Clock } from '../../../../kernel/clock.js';
import { ParleyError } from '../../../../kernel/errors.js';
import type { InferencePriority } from '../../../inference-gate.js';
import { spareCores } from '../../../inference-workers.js';
import { SttDriver } from '../../../stt-stream.js';
import { EmbeddedSttStream } from './embedded-stt.stream.js';
import type { RecogniserOptions, WorkerAnswer } from './protocol.js';
import { RecogniserWorker } from './recogniser-worker.js';
import { defaultTuning } from './tuning.js';

export interface EmbeddedSttOptions {
  /** Worker threads; default one for each core but one. */
  readonly workers?: number;
  /** How long a worker may take to answer before it is replaced, in ms; default 5,000. */
  readonly deadlineMs?: number;
  /** Audio sent to a worker at once, in ms; default 80. */
  readonly batchMs?: number;
  /** Utterances a worker can follow at the same time, 30 MB each; default 8. */
  readonly maxDecodersPerWorker?: number;
  /** Results of lower confidence are rejected, 0 to 1; the default is the measured compromise. */
  readonly minConfidence?: number;
  /** The engine's release whose memory can be read; for tests. */
  readonly knownEngine?: string;
  /** Told, once for each worker, what does not work although the rest does. */
  readonly onIncident?: (message: string) => void;
}

/** Share of the newest answer in the smoothed real-time factor. */
const LOAD_SMOOTHING = 0.1;

/**
 * Grammar-based recogniser for telephone English in WebAssembly worker threads. It understands what the hints allow and
 * rejects the rest; see docs/speech-evaluation.md for how well.
 */
export class EmbeddedSttDriver extends SttDriver {
  readonly name = 'embedded';
  readonly languages: readonly string[] = ['en'];
  readonly sampleRate = 8000;
  private readonly recogniser: RecogniserOptions;
  private readonly onIncident: (message: string) => void;
  private readonly deadlineMs: number;
  private readonly batchMs: number;
  private readonly workers: (RecogniserWorker | undefined)[];
  private readonly retired = new Set<Promise<void>>();
  private readonly streams = new Set<EmbeddedSttStream>();
  private nextStream = 0;
  private nextUtterance = 0;
  private load = 0;
  private started = false;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly clock: Clock,
    options: EmbeddedSttOptions = {},
  ) {
    super();
    this.workers = Array.from({ length: options.workers ?? spareCores() });
    this.deadlineMs = options.deadlineMs ?? 5000;
    this.batchMs = options.batchMs ?? 80;
    this.onIncident = options.onIncident ?? (() => undefined);
    this.recogniser = {
      ...defaultTuning,
      ...(options.minConfidence !== undefined && { minConfidence: options.minConfidence }),
      ...(options.knownEngine !== undefined && { knownEngine: options.knownEngine }),
      warmDecoders: 2,
      maxDecoders: options.maxDecodersPerWorker ?? 8,
    };
  }

  /** Requests that wait for a worker. */
  get waiting(): number {
    return this.workers.reduce((sum, worker) => sum + (worker?.waiting ?? 0), 0);
  }

  /** Computing time for each second of speech, smoothed: 1 means that a worker can only just keep up with one caller. */
  get realTimeFactor(): number {
    return this.load;
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.started = true;
    const onAbort = (): void => void this.close();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.all(this.workers.map((_, index) => this.workerAt(index).whenReady()));
    } catch (error) {
      await this.close();
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** @param priority of the stream's audio when workers are short: `system` waits for `mic`. */
  createStream(signal: AbortSignal, priority: InferencePriority = 'mic'): Promise<EmbeddedSttStream> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    if (!this.started || this.closing)
      return Promise.reject(new ParleyError('stt_failed', 'The recogniser is not running'));
    const place = this.nextStream++ % this.workers.length;
    const stream = new EmbeddedSttStream({
      priority,
      batchSamples: Math.max(1, Math.round((this.batchMs * this.sampleRate) / 1000)),
      worker: () => this.workerAt(place),
      nextUtterance: () => this.nextUtterance++,
      onAnswer: (answer, samples) => this.account(answer, samples),
      onClose: () => void this.streams.delete(stream),
    });
    this.streams.add(stream);
    return Promise.resolve(stream);
  }

  close(): Promise<void> {
    return (this.closing ??= this.doClose());
  }

  private async doClose(): Promise<void> {
    await Promise.all([...this.streams].map((stream) => stream.close()));
    await Promise.all([...this.workers.map((worker) => worker?.close()), ...this.retired]);
  }

  /** The worker in that place; a lost one is replaced here, at the latest. */
  private workerAt(index: number): RecogniserWorker {
    if (this.closing) throw new ParleyError('stt_failed', 'The recogniser is closed');
    const current = this.workers[index];
    if (current && !current.lost) return current;
    const worker = new RecogniserWorker(this.recogniser, this.deadlineMs, this.clock, this.onIncident);
    this.workers[index] = worker;
    let wasReady = false;
    worker.whenReady().then(
      () => (wasReady = true),
      () => {},
    );
    worker.onLoss(() => {
      const gone = worker.close().finally(() => this.retired.delete(gone));
      this.retired.add(gone);
      // One that could not even start would fail again at once: the next use tries.
      if (wasReady && !this.closing) this.workerAt(index);
    });
    return worker;
  }

  private account({ busyMs }: WorkerAnswer, samples: number): void {
    if (samples === 0) return;
    const factor = busyMs / ((samples * 1000) / this.sampleRate);
    this.load += LOAD_SMOOTHING * (factor - this.load);
  }
}
