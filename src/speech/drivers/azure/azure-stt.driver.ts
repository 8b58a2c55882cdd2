import { ProfanityOption, Recognizer, type SpeechConfig } from 'microsoft-cognitiveservices-speech-sdk';
import type { AzureSpeechConfig } from '../../../config/azure-speech.config.js';
import type { Clock } from '../../../kernel/clock.js';
import { SttDriver, type SttStream } from '../../stt-stream.js';
import type { AzureAccess } from './azure-access.js';
import { languageCandidates } from './azure-hints.js';
import { recognisedLanguages } from './azure-languages.js';
import { AzureSttStream } from './azure-stt.stream.js';

const profanity: Readonly<Record<AzureSpeechConfig['profanity'], ProfanityOption>> = {
  masked: ProfanityOption.Masked,
  removed: ProfanityOption.Removed,
  raw: ProfanityOption.Raw,
};

/** Azure Speech, through Microsoft's SDK: open-vocabulary recognition, biased by the hints. */
export class AzureSttDriver extends SttDriver {
  readonly name = 'azure';
  readonly languages = recognisedLanguages;
  readonly sampleRate = 16_000;
  /** Streams are made ready for the language that was wanted last. */
  private language: string;

  constructor(
    private readonly config: AzureSpeechConfig,
    private readonly access: AzureAccess,
    private readonly clock: Clock,
    private readonly connectMs: number,
  ) {
    super();
    this.language = config.languages[0] ?? 'en-US';
    // What it reports about latencies goes to Microsoft with each utterance.
    Recognizer.enableTelemetry(false);
  }

  /** Whether there is a token to be had shows when the first stream is made: a service that is down must not stop the start. */
  override start(): Promise<void> {
    return Promise.resolve();
  }

  override async createStream(): Promise<SttStream> {
    const { clock, connectMs, sampleRate } = this;
    const stream = new AzureSttStream(
      {
        speechConfig: () => this.speechConfig(),
        candidates: (language) => {
          this.language = language;
          return languageCandidates(language, this.config.languages);
        },
        sampleRate,
        connectMs,
        clock,
        onToken: (listener) => this.access.tokens?.onRefresh(listener) ?? (() => undefined),
      },
      this.language,
    );
    try {
      await stream.open();
    } catch (error) {
      await stream.close();
      throw error;
    }
    return stream;
  }

  override close(): Promise<void> {
    this.access.close();
    return Promise.resolve();
  }

  private async speechConfig(): Promise<SpeechConfig> {
    const config = await this.access.recognition();
    config.setProfanity(profanity[this.config.profanity]);
    // Audio that is replayed after another recogniser's failure: the SDK would slow down after five seconds of it.
    config.setProperty('SPEECH-TransmitLengthBeforThrottleMs', String(this.unthrottledMs));
    return config;
  }

  private readonly unthrottledMs = 120_000;
}
