import { untilAborted } from '../../kernel/abort.js';
import type { Clock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import { type TtsChunk, TtsDriver, type TtsMark, type TtsRequest, type TtsVoice } from '../tts-voice.js';

export interface ScriptedTtsOptions {
  /** Hz. */
  readonly sampleRate: 8000 | 16_000 | 24_000;
  /** Length of the tone for each character of the text; there is none where the text has a blank. */
  readonly msPerCharacter: number;
  /** Length of the tone for each word instead, without a pause. */
  readonly msPerWord?: number;
  readonly chunkMs: number;
  /** Before the first chunk of each request. */
  readonly firstChunkAfterMs: number;
  /** Before each further one. */
  readonly chunkAfterMs: number;
  /** How fast audio comes after its first half second: 1 is as fast as it plays; 0 is all at once, as cached phrases are. */
  readonly speed: number;
  /** Whether it tells where words end. */
  readonly marks: boolean;
  /** Undefined: whatever name it is asked for. */
  readonly voices: readonly string[] | undefined;
  /** What goes wrong with a request that no script is for. */
  readonly fault: () => ScriptedTtsFault | undefined;
  /** Whether it keeps its requests, for tests to look at. Off where calls come and go for hours. */
  readonly remembers: boolean;
}

/** Half-way through a sentence it breaks off, or falls silent; or the sentence is silence from the start. */
export type ScriptedTtsFault = 'failure' | 'stall' | 'wrong';

const usual: ScriptedTtsOptions = {
  sampleRate: 8000,
  msPerCharacter: 50,
  chunkMs: 200,
  firstChunkAfterMs: 0,
  chunkAfterMs: 0,
  speed: 0,
  marks: true,
  voices: ['hum', 'drone'],
  fault: () => undefined,
  remembers: true,
};
/** So far ahead of its speed is the audio. */
const AHEAD_MS = 500;
const MAX_TONES = 64;
const TONE_HZ = 440;
const AMPLITUDE = 8000;

/** A synthesiser that hums: each word of a text is so many ms of a tone. */
export class ScriptedTtsDriver extends TtsDriver {
  readonly name = 'scripted';
  readonly languages = ['en'];
  readonly requests: TtsRequest[] = [];
  /** Requests that were aborted before they were over. */
  aborted = 0;
  /** Requests that are being spoken. */
  running = 0;
  readonly options: ScriptedTtsOptions;
  private readonly failures: { readonly text: string; readonly afterChunks: number }[] = [];
  private readonly stalls: string[] = [];
  /** By text: a tone costs more to make than to say. */
  private readonly tones = new Map<string, Int16Array>();

  constructor(
    readonly clock: Clock,
    options: Partial<ScriptedTtsOptions> = {},
  ) {
    super();
    this.options = { ...usual, ...options };
  }

  get voices(): readonly string[] | undefined {
    return this.options.voices;
  }

  /** Texts that contain `text` fail after so many chunks. */
  failsOn(text: string, afterChunks = 0): this {
    this.failures.push({ text, afterChunks });
    return this;
  }

  /** Texts that contain `text` bring no audio until they are aborted. */
  stallsOn(text: string): this {
    this.stalls.push(text);
    return this;
  }

  override async start(): Promise<void> {}

  override async createVoice(): Promise<TtsVoice> {
    return { synthesize: (request, signal) => this.synthesize(request, signal), close: async () => undefined };
  }

  override async close(): Promise<void> {}

  private async *synthesize(request: TtsRequest, signal: AbortSignal): AsyncGenerator<TtsChunk> {
    if (this.options.remembers) this.requests.push(request);
    this.running++;
    let over = false;
    try {
      signal.throwIfAborted();
      yield* this.speak(request, signal);
      over = true;
    } finally {
      this.running--;
      if (!over && signal.aborted) this.aborted++;
    }
  }

  private async *speak({ text, cacheable }: TtsRequest, signal: AbortSignal): AsyncGenerator<TtsChunk> {
    const { sampleRate, chunkMs, firstChunkAfterMs, chunkAfterMs, speed, marks } = this.options;
    if (this.stalls.some((stalled) => text.includes(stalled))) await this.stall(signal);
    const failure = this.failures.find((failing) => text.includes(failing.text));
    const fault = this.options.fault();
    const audio = this.toneOf(text.trimEnd());
    const words = marks ? this.wordsOf(text) : [];
    const chunkSamples = (sampleRate * chunkMs) / 1000;
    const startedAt = this.clock.now();
    for (let chunk = 0; chunk === 0 || chunk * chunkSamples < audio.length; chunk++) {
      const startMs = chunk * chunkMs;
      const halfWay = 2 * chunk * chunkSamples >= audio.length;
      if ((failure && chunk >= failure.afterChunks) || (fault === 'failure' && halfWay))
        throw new ParleyError('tts_failed', 'The voice broke', true);
      if (fault === 'stall' && halfWay) await this.stall(signal);
      const paceMs = speed === 0 || cacheable ? 0 : startedAt + (startMs - AHEAD_MS) / speed - this.clock.now();
      const delayMs = Math.max(paceMs, chunk === 0 ? firstChunkAfterMs : chunkAfterMs);
      if (delayMs > 0) await this.clock.delay(delayMs, signal);
      const pcm = audio.subarray(chunk * chunkSamples, (chunk + 1) * chunkSamples);
      const ends = words.filter(({ endMs }) => Math.max(0, Math.ceil(endMs / chunkMs) - 1) === chunk);
      yield { pcm: fault === 'wrong' ? new Int16Array(pcm.length) : pcm, sampleRate, ...(marks && { marks: ends }) };
      signal.throwIfAborted();
    }
  }

  private stall(signal: AbortSignal): Promise<void> {
    return untilAborted(new Promise(() => undefined), signal);
  }

  private toneOf(text: string): Int16Array {
    let tone = this.tones.get(text);
    if (!tone) {
      if (this.tones.size >= MAX_TONES) this.tones.delete(this.tones.keys().next().value!);
      this.tones.set(text, (tone = this.options.msPerWord === undefined ? this.hum(text) : this.drone(text)));
    }
    return tone;
  }

  /** A tone for each character, silence where there is a blank. */
  private hum(text: string): Int16Array {
    const { sampleRate, msPerCharacter } = this.options;
    const samplesPerCharacter = (sampleRate * msPerCharacter) / 1000;
    return Int16Array.from({ length: Math.round(text.length * samplesPerCharacter) }, (_, index) =>
      text[Math.floor(index / samplesPerCharacter)] === ' ' ? 0 : this.sampleAt(index),
    );
  }

  private drone(text: string): Int16Array {
    const { sampleRate, msPerWord = 0 } = this.options;
    const words = text.split(/\s+/).filter(Boolean).length;
    return Int16Array.from({ length: Math.round((words * msPerWord * sampleRate) / 1000) }, (_, index) =>
      this.sampleAt(index),
    );
  }

  private sampleAt(index: number): number {
    return Math.round(AMPLITUDE * Math.sin((2 * Math.PI * TONE_HZ * index) / this.options.sampleRate));
  }

  private wordsOf(text: string): TtsMark[] {
    const { msPerCharacter, msPerWord } = this.options;
    return [...text.matchAll(/\S+/g)].map((word, index) => {
      const textOffset = word.index + word[0].length;
      return { textOffset, endMs: msPerWord === undefined ? textOffset * msPerCharacter : (index + 1) * msPerWord };
    });
  }
}
