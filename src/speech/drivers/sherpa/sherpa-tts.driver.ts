import type { SherpaConfig } from '../../../config/sherpa.config.js';
import { ParleyError } from '../../../kernel/errors.js';
import { PhraseCache } from '../../phrase-cache.js';
import { TtsDriver, type TtsVoice } from '../../tts-voice.js';
import { JobPool } from './job-pool.js';
import type { SynthesisJob, SynthesisResult } from './messages.js';
import type { ModelProcessesOptions } from './model-processes.js';
import { SherpaTtsVoice } from './sherpa-tts.voice.js';

export interface SherpaTtsOptions extends ModelProcessesOptions {
  /** For fixed phrases. */
  readonly cacheBytes: number;
}

/** VITS, Piper and Kokoro models by sherpa-onnx, in processes of their own. */
export class SherpaTtsDriver extends TtsDriver {
  readonly name = 'sherpa';
  readonly languages: readonly string[];
  /** How many speakers there are shows when the model is loaded; see `hasVoice`. */
  readonly voices = undefined;
  override readonly defaultVoice: string;
  private readonly pool: JobPool<SynthesisJob, SynthesisResult>;
  private readonly cache: PhraseCache;

  constructor(
    private readonly config: SherpaConfig,
    options: SherpaTtsOptions,
  ) {
    super();
    this.languages = config.ttsLanguages.map((language) => language.toLowerCase().split('-')[0]!);
    this.defaultVoice = config.ttsVoices[0] ?? 'sherpa:0';
    this.pool = new JobPool('tts', config, options, 'tts_failed');
    this.cache = new PhraseCache(options.cacheBytes);
  }

  override hasVoice(name: string): boolean {
    return this.speakerOf(name) !== undefined;
  }

  /** Rejects with `config_invalid` when there are names for more speakers than the model has. */
  override async start(signal: AbortSignal): Promise<void> {
    await this.pool.start(signal);
    const speakers = this.pool.loaded?.speakers ?? 1;
    if (this.config.ttsVoices.length <= speakers) return;
    await this.pool.close();
    throw new ParleyError(
      'config_invalid',
      `SHERPA_TTS_VOICES: has ${this.config.ttsVoices.length} names, but the model has ${speakers} speakers`,
    );
  }

  override async createVoice(signal: AbortSignal): Promise<TtsVoice> {
    signal.throwIfAborted();
    if (!this.pool.loaded) throw new ParleyError('tts_failed', 'The synthesiser is not running');
    const speakerOf = (name: string): number | undefined => this.speakerOf(name);
    return new SherpaTtsVoice(this.pool, this.cache, speakerOf, this.languages[0] ?? 'en');
  }

  override close(): Promise<void> {
    return this.pool.close();
  }

  private speakerOf(name: string): number | undefined {
    const named = this.config.ttsVoices.indexOf(name);
    const number = named >= 0 ? named : Number(/^sherpa:(\d{1,6})$/.exec(name)?.[1] ?? Number.NaN);
    return number < (this.pool.loaded?.speakers ?? Infinity) ? number : undefined;
  }
}
