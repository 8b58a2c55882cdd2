import { type SpeechConfig, SpeechSynthesisOutputFormat } from 'microsoft-cognitiveservices-speech-sdk';
import type { AzureSpeechConfig } from '../../../config/azure-speech.config.js';
import type { Clock } from '../../../kernel/clock.js';
import { ParleyError } from '../../../kernel/errors.js';
import { PhraseCache } from '../../phrase-cache.js';
import { TtsDriver, type TtsVoice } from '../../tts-voice.js';
import type { AzureAccess } from './azure-access.js';
import { spokenLanguages } from './azure-languages.js';
import { AzureTtsVoice } from './azure-tts.voice.js';

const formats: Readonly<Record<AzureSpeechConfig['ttsRate'], SpeechSynthesisOutputFormat>> = {
  '8000': SpeechSynthesisOutputFormat.Raw8Khz16BitMonoPcm,
  '16000': SpeechSynthesisOutputFormat.Raw16Khz16BitMonoPcm,
  '24000': SpeechSynthesisOutputFormat.Raw24Khz16BitMonoPcm,
};

export interface AzureTtsOptions {
  readonly connectMs: number;
  /** For fixed phrases. */
  readonly cacheBytes: number;
}

/** Azure Speech, through Microsoft's SDK: neural voices, streamed, with the ends of words. */
export class AzureTtsDriver extends TtsDriver {
  readonly name = 'azure';
  readonly languages = spokenLanguages;
  /** There are hundreds, and some of one's own. */
  readonly voices = undefined;
  override readonly defaultVoice: string;
  private readonly cache: PhraseCache;

  constructor(
    private readonly config: AzureSpeechConfig,
    private readonly access: AzureAccess,
    private readonly clock: Clock,
    private readonly options: AzureTtsOptions,
  ) {
    super();
    this.defaultVoice = config.voice;
    this.cache = new PhraseCache(options.cacheBytes);
  }

  /** Such as `en-US-JennyNeural`; one of another name (a custom voice) has to be given for `azure` explicitly. */
  override hasVoice(name: string): boolean {
    return /^[a-z]{2,3}-[A-Z]/.test(name);
  }

  /** Whether there is a token to be had shows when the first voice is made: a service that is down must not stop the start. */
  override start(): Promise<void> {
    return Promise.resolve();
  }

  override async createVoice(): Promise<TtsVoice> {
    const voice = new AzureTtsVoice({
      speechConfig: () => this.speechConfig(),
      sampleRate: Number(this.config.ttsRate),
      cache: this.cache,
      onToken: (listener) => this.access.tokens?.onRefresh(listener) ?? (() => undefined),
    });
    const { connectMs } = this.options;
    let giveUp: () => void = () => undefined;
    const late = new Promise<never>((_, reject) => {
      giveUp = () => reject(new ParleyError('tts_failed', `Azure Speech: no connection within ${connectMs} ms`, true));
    });
    const deadline = this.clock.setTimeout(giveUp, connectMs);
    try {
      await Promise.race([voice.open(), late]);
      return voice;
    } catch (error) {
      await voice.close();
      throw error;
    } finally {
      deadline.cancel();
    }
  }

  override close(): Promise<void> {
    this.access.close();
    return Promise.resolve();
  }

  private async speechConfig(): Promise<SpeechConfig> {
    const config = await this.access.synthesis();
    config.speechSynthesisOutputFormat = formats[this.config.ttsRate];
    return config;
  }
}
