import type { Clock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import { type TtsChunk, TtsDriver, type TtsMark, type TtsRequest, type TtsVoice } from '../tts-voice.js';

export interface ScriptedTtsOptions {
  /** Hz. */
  readonly sampleRate: 8000 | 16_000 | 24_000;
  /** Length of the tone for each character of the text. */
  readonly msPerCharacter: number;
  readonly chunkMs: number;
  /** Before the first chunk of each request. */
  readonly firstChunkAfterMs: number;
  /** Before each further one. */
  readonly chunkAfterMs: number;
  /** Whether it tells where words end. */
  readonly marks: boolean;
}

const usual: ScriptedTtsOptions = {
  sampleRate: 8000,
  msPerCharacter: 50,
  chunkMs: 200,
  firstChunkAfterMs: 0,
  chunkAfterMs: 0,
  marks: true,
};
const TONE_HZ = 440;
const AMPLITUDE = 8000;

/** A synthesiser that hums: each character of a text is so many ms of a tone, silence where there is a blank. */
export class ScriptedTtsDriver extends TtsDriver {
  readonly name = 'scripted';
  readonly languages = ['en'];
  readonly voices = ['hum', 'drone'];
  readonly requests: TtsRequest[] = [];
  /** Requests that were aborted before they were over. */
  aborted = 0;
  /** Requests that are being spoken. */
  running = 0;
  readonly options: ScriptedTtsOptions;
  private readonly failures: { readonly text: string; readonly afterChunks: number }[] = [];
  private readonly stalls: string[] = [];

  constructor(
    readonly clock: Clock,
    options: Partial<ScriptedTtsOptions> = {},
  ) {
    super();
    this.options = { ...usual, ...options };
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
    this.requests.push(request);
    this.running++;
    let over = false;
    try {
      signal.throwIfAborted();
      yield* this.speak(request.text, signal);
      over = true;
    } finally {
      this.running--;
      if (!over && signal.aborted) this.aborted++;
    }
  }

  private async *speak(text: string, signal: AbortSignal): AsyncGenerator<TtsChunk> {
    const { sampleRate, chunkMs, firstChunkAfterMs, chunkAfterMs, marks } = this.options;
    if (this.stalls.some((stalled) => text.includes(stalled))) await this.clock.delay(Number.MAX_SAFE_INTEGER, signal);
    const failure = this.failures.find((failing) => text.includes(failing.text));
    const audio = this.hum(text);
    const words = marks ? this.wordsOf(text) : [];
    const chunkSamples = (sampleRate * chunkMs) / 1000;
    for (let chunk = 0; chunk === 0 || chunk * chunkSamples < audio.length; chunk++) {
      if (failure && chunk >= failure.afterChunks) throw new ParleyError('tts_failed', 'The voice broke', true);
      const delayMs = chunk === 0 ? firstChunkAfterMs : chunkAfterMs;
      if (delayMs > 0) await this.clock.delay(delayMs, signal);
      const pcm = audio.subarray(chunk * chunkSamples, (chunk + 1) * chunkSamples);
      const ends = words.filter(({ endMs }) => Math.max(0, Math.ceil(endMs / chunkMs) - 1) === chunk);
      yield { pcm, sampleRate, ...(marks && { marks: ends }) };
      signal.throwIfAborted();
    }
  }

  private hum(text: string): Int16Array {
    const { sampleRate, msPerCharacter } = this.options;
    const spoken = text.trimEnd();
    const samplesPerCharacter = (sampleRate * msPerCharacter) / 1000;
    return Int16Array.from({ length: Math.round(spoken.length * samplesPerCharacter) }, (_, index) =>
      spoken[Math.floor(index / samplesPerCharacter)] === ' '
        ? 0
        : Math.round(AMPLITUDE * Math.sin((2 * Math.PI * TONE_HZ * index) / sampleRate)),
    );
  }

  private wordsOf(text: string): TtsMark[] {
    return [...text.matchAll(/\S+/g)].map((word) => {
      const textOffset = word.index + word[0].length;
      return { textOffset, endMs: textOffset * this.options.msPerCharacter };
    });
  }
}
