import { Aborted, untilAborted } from '../../kernel/abort.js';
import type { Clock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import type { InferenceSource } from '../../state/overload/inference-load.js';
import { InferenceGate, type InferencePriority } from '../inference-gate.js';
import { SttDriver } from '../stt-stream.js';
import type { BatchRecogniser, BatchTranscript } from './batch-recogniser.js';
import { BatchSttStream } from './batch-stt.stream.js';
import { ChunkSizer } from './chunk-sizer.js';

export interface BatchSttOptions {
  readonly name: string;
  /** Primary subtags of the languages it understands, such as `en`. */
  readonly languages: readonly string[];
  /** Hz of the audio the recogniser takes. */
  readonly sampleRate: number;
  /** How many chunks it can work on at a time. */
  readonly permits: number;
  /** How long it may take for one chunk, ms; default 30,000. */
  readonly deadlineMs?: number;
}

/**
 * Makes a streaming recogniser of one that takes audio in chunks. All its streams share the recogniser, live
 * conversations first, and the length of the chunks: 2, 4 or 8 s, by how it keeps up.
 */
export class BatchSttDriver extends SttDriver implements InferenceSource {
  readonly name: string;
  readonly languages: readonly string[];
  readonly sampleRate: number;
  private readonly deadlineMs: number;
  private readonly gate: InferenceGate;
  private readonly sizer = new ChunkSizer();
  private readonly streams = new Set<BatchSttStream>();
  private readonly stopped = new AbortController();
  private lastMeasured: number | undefined;
  private started = false;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly recogniser: BatchRecogniser,
    private readonly clock: Clock,
    options: BatchSttOptions,
  ) {
    super();
    this.name = options.name;
    this.languages = options.languages;
    this.sampleRate = options.sampleRate;
    this.deadlineMs = options.deadlineMs ?? 30_000;
    this.gate = new InferenceGate(options.permits);
  }

  get permits(): number {
    return this.gate.permits;
  }

  /** Chunks that wait for the recogniser. */
  get waiting(): number {
    return this.gate.waiting;
  }

  /** Computing time for each second of audio, over the last chunks: 1 means that it just keeps up with one caller. */
  get realTimeFactor(): number {
    return this.sizer.realTimeFactor;
  }

  get measuredAt(): number | undefined {
    return this.lastMeasured;
  }

  /** How much audio it gets at once at present. */
  get chunkMs(): number {
    return this.sizer.chunkMs;
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.recogniser.start?.(signal);
    this.started = true;
  }

  /** @param priority of the stream's audio when the recogniser is short: `system` waits for `mic`. */
  async createStream(signal: AbortSignal, priority: InferencePriority = 'mic'): Promise<BatchSttStream> {
    signal.throwIfAborted();
    if (!this.started || this.closing) throw new ParleyError('stt_failed', 'The recogniser is not running');
    const stream = new BatchSttStream({
      languages: this.languages,
      sampleRate: this.sampleRate,
      chunkMs: () => this.chunkMs,
      transcribe: (pcm, cancelled, asked) => this.transcribe(pcm, asked ?? priority, cancelled),
      onClose: () => void this.streams.delete(stream),
    });
    this.streams.add(stream);
    return stream;
  }

  close(): Promise<void> {
    return (this.closing ??= this.doClose());
  }

  private async doClose(): Promise<void> {
    await Promise.all([...this.streams].map((stream) => stream.close()));
    this.stopped.abort(new Aborted('shutdown'));
    await this.recogniser.close?.();
  }

  /**
   * Waits for its turn. A recogniser that goes on with what nobody wants any more still holds its place, but not for
   * longer than the deadline.
   */
  private async transcribe(
    pcm: Int16Array,
    priority: InferencePriority,
    cancelled: AbortSignal,
  ): Promise<BatchTranscript> {
    const release = await this.gate.acquire(priority, cancelled);
    const startedAt = this.clock.now();
    const late = new AbortController();
    const signal = AbortSignal.any([cancelled, late.signal]);
    const limit = this.clock.setTimeout(() => {
      release();
      this.measured(startedAt, pcm);
      late.abort(new ParleyError('stt_failed', `The recogniser did not answer within ${this.deadlineMs} ms`, true));
    }, this.deadlineMs);
    const stop = (): void => {
      limit.cancel();
      release();
    };
    this.stopped.signal.addEventListener('abort', stop, { once: true });
    const work = this.recognise(pcm, signal).finally(() => {
      this.stopped.signal.removeEventListener('abort', stop);
      stop();
    });
    work.then(
      () => late.signal.aborted || this.measured(startedAt, pcm),
      () => undefined,
    );
    return untilAborted(work, signal);
  }

  /** What it throws is a rejection, too. */
  private async recognise(pcm: Int16Array, signal: AbortSignal): Promise<BatchTranscript> {
    return this.recogniser.transcribe(pcm, signal);
  }

  private measured(startedAt: number, pcm: Int16Array): void {
    this.lastMeasured = this.clock.now();
    this.sizer.measured(this.lastMeasured - startedAt, (pcm.length * 1000) / this.sampleRate);
  }
}
