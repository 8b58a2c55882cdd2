import { Resampler } from '../../audio/resampler.js';
import type { TtsChunk, TtsDriver, TtsMark, TtsRequest } from '../tts-voice.js';

/** How fast voices speak, roughly; for those that do not say where their words end. */
const CHARACTERS_PER_MS = 0.015;

/** A sentence in the making by one synthesiser after the other: what has been spoken of it, and what is left. */
export class SpokenSoFar {
  /** Of the text. */
  private offset = 0;
  private sampleRate: number | undefined;
  private samples = 0;
  /** Where the part that is being made begins. */
  private partOffset = 0;
  private partStartMs = 0;
  private marks: TtsMark[] = [];

  constructor(private readonly request: TtsRequest) {}

  /** Whether there are no words left. */
  get isComplete(): boolean {
    return this.offset > 0 && this.request.text.slice(this.offset).trim() === '';
  }

  /** What another synthesiser is to speak, in a voice of its own. */
  rest(driver: TtsDriver): TtsRequest {
    this.partOffset = this.offset;
    this.partStartMs = this.spokenMs;
    this.marks = [];
    const { text, voice, voices, cacheable } = this.request;
    const named = voices?.[driver.name] ?? (driver.hasVoice(voice) ? voice : driver.defaultVoice);
    return {
      ...this.request,
      text: text.slice(this.offset),
      voice: named ?? voice,
      // Half a greeting is nothing to keep.
      cacheable: cacheable && this.offset === 0,
    };
  }

  /** The part, in its place in the audio of the whole and at its rate. When it breaks off, notes how far it got. */
  async *follow(part: AsyncIterable<TtsChunk>): AsyncGenerator<TtsChunk, void> {
    let resampler: Resampler | undefined;
    let over = false;
    try {
      for await (const chunk of part) {
        this.sampleRate ??= chunk.sampleRate;
        if (chunk.sampleRate !== this.sampleRate) resampler ??= new Resampler(chunk.sampleRate, this.sampleRate);
        yield this.place(chunk, resampler ? resampler.process(chunk.pcm) : chunk.pcm);
      }
      over = true;
      const tail = resampler?.flush();
      if (tail && tail.length > 0) yield this.place({}, tail);
    } finally {
      if (!over) this.offset = this.reached();
    }
  }

  private place({ marks }: Pick<TtsChunk, 'marks'>, pcm: Int16Array): TtsChunk {
    this.samples += pcm.length;
    const placed = marks?.map(({ textOffset, endMs }) => ({
      textOffset: textOffset + this.partOffset,
      endMs: endMs + this.partStartMs,
    }));
    if (placed) this.marks.push(...placed);
    return { pcm, sampleRate: this.sampleRate!, ...(placed && { marks: placed }) };
  }

  private get spokenMs(): number {
    return this.sampleRate === undefined ? 0 : (this.samples * 1000) / this.sampleRate;
  }

  /** The end of the last word that was spoken as a whole. */
  private reached(): number {
    const spokenMs = this.spokenMs;
    if (spokenMs === this.partStartMs) return this.partOffset;
    if (this.marks.length > 0) {
      const whole = this.marks.filter(({ endMs }) => endMs <= spokenMs + 1);
      return Math.max(this.partOffset, ...whole.map(({ textOffset }) => textOffset));
    }
    const { text, rate } = this.request;
    const estimate = this.partOffset + (spokenMs - this.partStartMs) * CHARACTERS_PER_MS * rate;
    const words = text.slice(this.partOffset).matchAll(/\S+/g);
    const ends = [...words].map((word) => this.partOffset + word.index + word[0].length);
    return Math.max(this.partOffset, ...ends.filter((end) => end <= estimate));
  }
}
