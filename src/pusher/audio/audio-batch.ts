import type { UploadOptions } from '../server/audio-sink.js';

/** Where so little is missing, silence takes its place; where more is, another file begins. */
const MOST_SILENCE_MS = 2000;
/** Times are rounded on their way. */
const SAME_TIME_MS = 1;

interface Chunk {
  /** In samples of one leg, from the beginning of the batch. */
  readonly at: number;
  readonly pcm: Int16Array;
}

/** Audio of one conversation that becomes one file. */
export class AudioBatch {
  /** Samples of one leg, with the silence in between. */
  frames = 0;
  /** Of what was written, without it. */
  bytes = 0;
  private spoken = 0;
  private endsMs: number;
  private readonly chunks: Chunk[] = [];

  /** @param startMs Unix ms of the first sample */
  constructor(
    readonly conversationId: string,
    readonly startMs: number,
    private readonly options: Pick<UploadOptions, 'sampleRate' | 'channels'>,
  ) {
    this.endsMs = startMs;
  }

  get sampleRate(): number {
    return this.options.sampleRate;
  }

  get channels(): 1 | 2 {
    return this.options.channels;
  }

  /** Unix ms, the exact end of what was written last. */
  get endMs(): number {
    return this.endsMs;
  }

  get durationMs(): number {
    return (this.frames * 1000) / this.options.sampleRate;
  }

  /** Without the silence in between. */
  get spokenMs(): number {
    return (this.spoken * 1000) / this.options.sampleRate;
  }

  /** Whether what begins then goes on with it. */
  goesOn(conversationId: string, startMs: number): boolean {
    if (conversationId !== this.conversationId) return false;
    const missingMs = startMs - this.startMs - this.durationMs;
    return missingMs >= -SAME_TIME_MS && missingMs <= MOST_SILENCE_MS;
  }

  /** @param pcm not changed afterwards */
  add(startMs: number, pcm: Int16Array): void {
    const { sampleRate, channels } = this.options;
    const missing = Math.round(((startMs - this.startMs - this.durationMs) * sampleRate) / 1000);
    // What follows within a millisecond follows.
    if (missing > (SAME_TIME_MS * sampleRate) / 1000) this.frames += missing;
    this.chunks.push({ at: this.frames, pcm });
    this.frames += pcm.length / channels;
    this.spoken += pcm.length / channels;
    this.bytes += pcm.byteLength;
    this.endsMs = startMs + (pcm.length / channels / sampleRate) * 1000;
  }

  /** The samples of all legs from one on, silence where there are none. @param from, to in samples of one leg */
  samples(from: number, to: number): Int16Array {
    const { channels } = this.options;
    const all = new Int16Array((to - from) * channels);
    for (const { at, pcm } of this.chunks) {
      const end = at + pcm.length / channels;
      if (end <= from || at >= to) continue;
      const part = pcm.subarray(Math.max(0, from - at) * channels, Math.min(to - at, end - at) * channels);
      all.set(part, Math.max(0, at - from) * channels);
    }
    return all;
  }
}
