import { Aborted } from '../../kernel/abort.js';
import { ParleyError, messageOf } from '../../kernel/errors.js';
import type { InferencePriority } from '../inference-gate.js';
import type { SttListener } from '../stt-stream.js';
import type { BatchTranscript } from './batch-recogniser.js';

export interface BatchUtteranceSetup {
  readonly listener: SttListener;
  /** Hz. */
  readonly sampleRate: number;
  /** How long a chunk that is cut now is to be. */
  readonly chunkMs: () => number;
  /** When many wait; that of its stream if left out. */
  readonly priority?: InferencePriority | undefined;
  /** Waits for its turn; rejects with the signal's reason when it aborts. */
  readonly transcribe: (
    pcm: Int16Array,
    signal: AbortSignal,
    priority: InferencePriority | undefined,
  ) => Promise<BatchTranscript>;
}

/** With more audio than this to catch up with, the answer would come when nobody waits for it any more. */
const MAX_PENDING_MS = 60_000;

interface HeardChunk extends BatchTranscript {
  readonly samples: number;
}

/** One utterance: chunks go to the recogniser one after the other, what is heard in them is joined in order. */
export class BatchUtterance {
  private pending: Int16Array[] = [];
  private pendingSamples = 0;
  private readonly heard: HeardChunk[] = [];
  private finished = false;
  private over = false;
  private pumping = false;
  private readonly cancelled = new AbortController();

  constructor(private readonly setup: BatchUtteranceSetup) {}

  write(pcm: Int16Array): void {
    if (this.over || this.finished || pcm.length === 0) return;
    this.pending.push(pcm.slice());
    this.pendingSamples += pcm.length;
    if (this.pendingSamples > this.samplesOf(MAX_PENDING_MS))
      this.fail(new ParleyError('stt_failed', 'The recogniser does not keep up', true));
    else void this.pump();
  }

  finish(): void {
    if (this.over || this.finished) return;
    this.finished = true;
    void this.pump();
  }

  /** No more calls to the listener. */
  cancel(): void {
    this.end();
  }

  private async pump(): Promise<void> {
    if (this.pumping) return;
    this.pumping = true;
    // Nobody is called back from within a call.
    await Promise.resolve();
    try {
      while (!this.over && this.hasChunk) await this.next();
      if (!this.over && this.finished) this.complete();
    } catch (error) {
      this.fail(error);
    } finally {
      this.pumping = false;
    }
  }

  private get hasChunk(): boolean {
    return this.pendingSamples >= this.chunkSamples || (this.finished && this.pendingSamples > 0);
  }

  private async next(): Promise<void> {
    const pcm = this.cut(Math.min(this.chunkSamples, this.pendingSamples));
    const transcript = await this.setup.transcribe(pcm, this.cancelled.signal, this.setup.priority);
    if (this.over) return;
    this.heard.push({ ...transcript, samples: pcm.length });
    // What was heard in a chunk is not heard again.
    if (transcript.text !== '' && !(this.finished && this.pendingSamples === 0))
      this.setup.listener.onPartial(this.text, true);
  }

  private complete(): void {
    this.end();
    const { text, confidence } = this;
    this.setup.listener.onFinal({ text, confidence, rejected: false });
  }

  private fail(error: unknown): void {
    if (this.over) return;
    this.end();
    const known = error instanceof ParleyError && error.code === 'stt_failed';
    this.setup.listener.onError(
      known ? error : new ParleyError('stt_failed', messageOf(error), true, { cause: error }),
    );
  }

  private end(): void {
    if (this.over) return;
    this.over = true;
    this.pending = [];
    this.pendingSamples = 0;
    this.cancelled.abort(new Aborted('superseded', 'the utterance is over'));
  }

  private get text(): string {
    return this.heard
      .map(({ text }) => text.trim())
      .filter(Boolean)
      .join(' ');
  }

  /** Of the chunks with words in them, by their length. */
  private get confidence(): number {
    const chunks = this.heard.filter(({ text }) => text.trim() !== '');
    const samples = chunks.reduce((sum, chunk) => sum + chunk.samples, 0);
    return samples === 0 ? 0 : chunks.reduce((sum, chunk) => sum + chunk.confidence * chunk.samples, 0) / samples;
  }

  private get chunkSamples(): number {
    return this.samplesOf(this.setup.chunkMs());
  }

  private samplesOf(ms: number): number {
    return Math.round((ms * this.setup.sampleRate) / 1000);
  }

  private cut(samples: number): Int16Array {
    const chunk = new Int16Array(samples);
    let at = 0;
    while (at < samples) {
      const piece = this.pending[0]!;
      const part = piece.subarray(0, samples - at);
      chunk.set(part, at);
      at += part.length;
      if (part.length === piece.length) this.pending.shift();
      else this.pending[0] = piece.subarray(part.length);
    }
    this.pendingSamples -= samples;
    return chunk;
  }
}
