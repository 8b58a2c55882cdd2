import type { DeepgramConfig } from '../../../config/deepgram.config.js';
import type { Clock } from '../../../kernel/clock.js';
import { type SpeechHints, SttDriver, type SttStream } from '../../stt-stream.js';
import { deepgramLanguages, keyTerms, queryOf } from './deepgram-query.js';
import { DeepgramSttStream } from './deepgram-stt.stream.js';

/** Deepgram's streaming recognition. */
export class DeepgramSttDriver extends SttDriver {
  readonly name = 'deepgram';
  readonly languages = deepgramLanguages;
  readonly sampleRate = 16_000;
  /** Streams are made ready for what was wanted last. */
  private lastHints: SpeechHints | undefined;

  constructor(
    private readonly config: DeepgramConfig,
    private readonly clock: Clock,
    private readonly connectMs: number,
  ) {
    super();
  }

  override start(): Promise<void> {
    return Promise.resolve();
  }

  override async createStream(): Promise<SttStream> {
    const { clock, connectMs, sampleRate } = this;
    const stream = new DeepgramSttStream({
      key: this.config.key,
      sampleRate,
      connectMs,
      clock,
      addressFor: (hints) => this.addressFor(hints),
    });
    try {
      await stream.open();
    } catch (error) {
      await stream.close();
      throw error;
    }
    return stream;
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }

  private addressFor(hints: SpeechHints | undefined): string {
    this.lastHints = hints ?? this.lastHints;
    const language = this.lastHints?.language ?? 'en-US';
    const url = new URL('/v1/listen', this.config.url);
    url.search = queryOf(this.config, this.sampleRate, language, keyTerms(this.lastHints)).toString();
    return url.href;
  }
}
