import { untilAborted } from '../../kernel/abort.js';
import type { Clock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import type { BatchRecogniser, BatchTranscript } from '../batch/batch-recogniser.js';

export interface ScriptedBatchOptions {
  /** Hz. */
  readonly sampleRate: number;
  /** Working time for each second of audio, s; the deadline of a machine that is too slow is not this one's business. */
  readonly realTimeFactor: number;
  /** Before that, ms. */
  readonly delayMs: number;
  /** What a chunk is heard as; undefined: no answer ever comes. */
  readonly hears: () => BatchTranscript | { readonly error: string } | undefined;
}

/** A recogniser that takes its time for each chunk, and hears what it is told to. */
export class ScriptedBatchRecogniser implements BatchRecogniser {
  constructor(
    private readonly clock: Clock,
    private readonly options: ScriptedBatchOptions,
  ) {}

  async transcribe(pcm: Int16Array, signal: AbortSignal): Promise<BatchTranscript> {
    const { sampleRate, realTimeFactor, delayMs, hears } = this.options;
    const heard = hears();
    if (!heard) return untilAborted(new Promise<never>(() => undefined), signal);
    await this.clock.delay(delayMs + (pcm.length * 1000 * realTimeFactor) / sampleRate, signal);
    if ('error' in heard) throw new ParleyError('stt_failed', heard.error, true);
    return heard;
  }
}
