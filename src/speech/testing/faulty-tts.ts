import { untilAborted } from '../../kernel/abort.js';
import type { Clock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import { type TtsChunk, TtsDriver, type TtsRequest, type TtsVoice } from '../tts-voice.js';

/** After so many words of a request it breaks off, or falls silent. */
export type TtsFate = { readonly kind: 'speaks' } | { readonly kind: 'dies' | 'stalls'; readonly afterWords: number };

export interface FaultyTtsOptions {
  readonly sampleRate?: number;
  /** Whether it tells where words end. */
  readonly marks?: boolean;
  readonly languages?: readonly string[];
  readonly voices?: readonly string[];
}

const WORD_MS = 100;

/** A synthesiser to fail over from and to: each word `w7` is 100 ms of the sample 7, in two chunks. */
export class FaultyTtsDriver extends TtsDriver {
  readonly languages: readonly string[];
  readonly voices: readonly string[] | undefined;
  override readonly defaultVoice: string;
  readonly fates: TtsFate[] = [];
  readonly requests: TtsRequest[] = [];
  running = 0;

  constructor(
    readonly name: string,
    readonly clock: Clock,
    private readonly options: FaultyTtsOptions = {},
  ) {
    super();
    this.languages = options.languages ?? ['en'];
    this.voices = options.voices;
    this.defaultVoice = `${name}-default`;
  }

  override start(): Promise<void> {
    return Promise.resolve();
  }

  override createVoice(): Promise<TtsVoice> {
    return Promise.resolve({
      synthesize: (request: TtsRequest, signal: AbortSignal) => this.synthesize(request, signal),
      close: () => Promise.resolve(),
    });
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }

  private async *synthesize(request: TtsRequest, signal: AbortSignal): AsyncGenerator<TtsChunk, void> {
    this.requests.push(request);
    const fate = this.fates.shift() ?? { kind: 'speaks' };
    this.running++;
    try {
      const sampleRate = this.options.sampleRate ?? 8000;
      const half = (sampleRate * WORD_MS) / 2000;
      for (const [index, word] of [...request.text.matchAll(/\S+/g)].entries()) {
        if (fate.kind !== 'speaks' && fate.afterWords === index) await this.suffer(fate.kind, signal);
        const pcm = new Int16Array(half).fill(Number(word[0].slice(1)));
        const mark = { textOffset: word.index + word[0].length, endMs: (index + 1) * WORD_MS };
        yield { pcm, sampleRate, ...(this.options.marks !== false && { marks: [mark] }) };
        signal.throwIfAborted();
        yield { pcm, sampleRate };
        signal.throwIfAborted();
      }
    } finally {
      this.running--;
    }
  }

  private suffer(kind: 'dies' | 'stalls', signal: AbortSignal): Promise<never> {
    if (kind === 'dies') throw new ParleyError('tts_failed', `${this.name} died`, true);
    return untilAborted(new Promise<never>(() => undefined), signal);
  }
}
