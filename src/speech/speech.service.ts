import { Injectable, Logger } from '@nestjs/common';
import { SpeechConfig } from '../config/speech.config.js';
import { VoiceConfig } from '../config/voice.config.js';
import { Clock, type Timer } from '../kernel/clock.js';
import { ParleyError, messageOf } from '../kernel/errors.js';
import { type Ears, LentEars } from './ears.js';
import { FailoverSttStream, type SttProvider, type SttSeats } from './failover/failover-stt.stream.js';
import { FailoverTtsVoice, type TtsProvider } from './failover/failover-tts.voice.js';
import { Seats, inOrderOfChoice } from './failover/seats.js';
import type { ProviderStatus } from './failover/speech-provider.js';
import { takeFirst } from './failover/take-first.js';
import { OWN_USE } from './pool/own-use.js';
import type { PoolSnapshot } from './pool/pool-metrics.js';
import { SttDrivers, TtsDrivers } from './speech-drivers.js';
import { sttProviders, ttsProviders } from './speech-providers.js';
import type { SpeechHints, SttDriver, SttStream } from './stt-stream.js';
import type { TtsDriver, TtsRequest, TtsVoice } from './tts-voice.js';
import { VoiceActivityDetector } from './voice-activity.js';

/** The ears and the mouth of one session, until `release`. */
export interface SessionSpeech {
  readonly stt: SttStream;
  /** Hz of the audio `stt` takes. */
  readonly sttRate: number;
  readonly voice: TtsVoice;
  readonly vad: VoiceActivityDetector;
  /** Idempotent. */
  release(): void;
}

/** What came of making one provider ready before anybody calls. */
export interface ProviderWarmUp {
  readonly kind: 'stt' | 'tts';
  readonly provider: string;
  readonly ok: boolean;
  /** To a token, where one is needed, and an open connection. */
  readonly duration_ms: number;
  readonly error?: string;
}

/** How long a recogniser is waited for when the voice is there. */
const EARS_MS = 250;

/** Lends recogniser streams and voices to sessions, from pools that keep some ready; one pool for each driver. */
@Injectable()
export class SpeechService {
  private readonly sttProviders: readonly SttProvider[];
  private readonly ttsProviders: readonly TtsProvider[];
  private readonly logger = new Logger('Speech');

  constructor(
    stt: SttDrivers,
    tts: TtsDrivers,
    private readonly vad: VoiceActivityDetector,
    private readonly config: SpeechConfig,
    voiceConfig: VoiceConfig,
    private readonly clock: Clock,
  ) {
    const parts = { config, voiceConfig, clock, onIncident: (message: string) => this.logger.warn(message) };
    this.sttProviders = sttProviders(stt, parts);
    this.ttsProviders = ttsProviders(tts, parts);
  }

  async start(signal: AbortSignal): Promise<void> {
    const starting = [this.vad, ...this.drivenBy].map((driver) => driver.start(signal));
    try {
      await Promise.all(starting);
      await Promise.all(this.providers.map(({ pool }) => pool.start(signal)));
    } catch (error) {
      // A process that exits while a native library loads in a thread aborts instead.
      await Promise.allSettled(starting);
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    for (const provider of this.providers) provider.stop();
    await Promise.allSettled(this.providers.map(({ pool }) => pool.close()));
    await Promise.all([this.vad, ...this.drivenBy].map((driver) => driver.close()));
  }

  /**
   * @param language BCP 47, of the agent that takes the call: of the first recogniser and synthesiser that know it one is
   *   taken at once. Without it the first of each, and another one when it turns out to be needed.
   * One that is not ready in time is not waited for when another one is, and none of the recognisers longer than the
   * voice: the agent can be heard before it hears. They come later, and are asked again with each utterance.
   *
   * Rejects with `at_capacity` or `timeout` when all are in use, with `build_failed` when there is no voice, with the
   * signal's reason when it aborts.
   */
  async lease(sessionId: string, signal: AbortSignal, language?: string): Promise<SessionSpeech> {
    const { poolWaitMs, ttsStallMs, ttsFirstAudioMs } = this.config;
    const { clock } = this;
    const ears = this.seatsFor(sessionId);
    const mouths = new Seats(this.ttsProviders, sessionId, poolWaitMs);
    const release = (): void => {
      ears.close();
      mouths.close();
    };
    try {
      const speaking = takeFirst(mouths, language, this.config, clock, signal);
      const [{ driver }] = await Promise.all([this.takeEars(ears, language, signal, speaking), speaking]);
      const { sampleRate } = driver;
      const stt = this.streamOver(ears, sampleRate);
      const voice = new FailoverTtsVoice(mouths, { stallMs: ttsStallMs, firstAudioMs: ttsFirstAudioMs, clock });
      return {
        stt,
        sttRate: sampleRate,
        voice,
        vad: this.vad,
        release: () => {
          void stt.close();
          release();
        },
      };
    } catch (error) {
      release();
      throw error;
    }
  }

  /**
   * Recognisers only, for somebody who is listened to and never answered: one at once, of the first that knows the language
   * and has one in time. Rejects as `lease` does, and with `build_failed` when there is none.
   */
  async leaseEars(sessionId: string, signal: AbortSignal, language?: string): Promise<Ears> {
    const { stream, sampleRate } = await this.lendStream(sessionId, signal, language);
    return new LentEars(stream, sampleRate, async (until) => {
      // It would be the second of one that has one already: nobody who has none waits for that.
      if (inOrderOfChoice(this.sttProviders, language)[0]?.pool.isExhausted)
        throw new ParleyError('at_capacity', 'All recognisers are in use', true);
      return (await this.lendStream(sessionId, until, language, sampleRate)).stream;
    });
  }

  /**
   * Synthesises phrases into the cache and compiles a grammar, before anyone needs them. Returns how many phrases are
   * ready: one that could not be made is tried again when it is needed.
   */
  async warmUp(
    voice: Pick<TtsRequest, 'voice' | 'voices' | 'language' | 'rate' | 'pitch'>,
    phrases: readonly string[],
    hints: SpeechHints,
    signal: AbortSignal,
  ): Promise<number> {
    const speech = await this.lease(OWN_USE.warmUp, signal, hints.language);
    try {
      await speech.stt.prepare(hints);
      let ready = 0;
      for (const text of phrases) {
        if (await this.speaks(speech.voice, { ...voice, text, cacheable: true }, signal)) ready++;
      }
      return ready;
    } finally {
      speech.release();
    }
  }

  /** Fetches tokens and opens connections, and says of each provider whether it could be reached. */
  warmUpProviders(signal: AbortSignal): Promise<ProviderWarmUp[]> {
    return Promise.all(
      this.providers.map(async (provider) => {
        const startedAt = this.clock.now();
        const result = (more: { ok: boolean; error?: string }): ProviderWarmUp => ({
          kind: provider.kind,
          provider: provider.name,
          duration_ms: Math.round(this.clock.now() - startedAt),
          ...more,
        });
        try {
          const lease = await provider.acquire(OWN_USE.warmUp, this.config.poolWaitMs, signal);
          lease.release();
          provider.pool.endSession(OWN_USE.warmUp);
          return result({ ok: true });
        } catch (error) {
          signal.throwIfAborted();
          return result({ ok: false, error: messageOf(error) });
        }
      }),
    );
  }

  /** Of the first recogniser and the first synthesiser, then of those that may take over. */
  pools(): PoolSnapshot[] {
    const pools = (providers: readonly (SttProvider | TtsProvider)[]): PoolSnapshot[] =>
      providers.map(({ pool }) => pool.snapshot());
    const [stt, tts] = [pools(this.sttProviders), pools(this.ttsProviders)];
    return [...stt.slice(0, 1), ...tts.slice(0, 1), ...stt.slice(1), ...tts.slice(1)];
  }

  /** Names, in order of preference. */
  get drivers(): { stt: string; tts: string; vad: string } {
    const names = (providers: readonly { readonly name: string }[]): string =>
      providers.map(({ name }) => name).join(', ');
    return { stt: names(this.sttProviders), tts: names(this.ttsProviders), vad: this.vad.name };
  }

  get status(): { stt: ProviderStatus[]; tts: ProviderStatus[] } {
    return {
      stt: this.sttProviders.map((provider) => provider.status),
      tts: this.ttsProviders.map((provider) => provider.status),
    };
  }

  /** Kinds of which there is nobody left that could be asked. */
  get mute(): ('stt' | 'tts')[] {
    const isMute = (providers: readonly (SttProvider | TtsProvider)[]): boolean =>
      providers.every((provider) => !provider.isHealthy && !provider.isLocal);
    return [
      ...(isMute(this.sttProviders) ? ['stt' as const] : []),
      ...(isMute(this.ttsProviders) ? ['tts' as const] : []),
    ];
  }

  private get providers(): readonly (SttProvider | TtsProvider)[] {
    return [...this.sttProviders, ...this.ttsProviders];
  }

  private get drivenBy(): readonly (SttDriver | TtsDriver)[] {
    return this.providers.map(({ driver }) => driver);
  }

  private seatsFor(sessionId: string): SttSeats {
    return new Seats(this.sttProviders, sessionId, this.config.poolWaitMs, (stream) => stream.reset());
  }

  private streamOver(ears: SttSeats, sampleRate: number): FailoverSttStream {
    const { sttFinalMs: finalMs, sttFinalTotalMs: finalTotalMs, connectMs } = this.config;
    return new FailoverSttStream(ears, { sampleRate, finalMs, finalTotalMs, connectMs, clock: this.clock });
  }

  /** @param rate Hz, of what it is to take; that of its recogniser when left out. */
  private async lendStream(
    sessionId: string,
    signal: AbortSignal,
    language: string | undefined,
    rate?: number,
  ): Promise<{ stream: SttStream; sampleRate: number }> {
    const ears = this.seatsFor(sessionId);
    try {
      const { driver } = await takeFirst(ears, language, this.config, this.clock, signal);
      const sampleRate = rate ?? driver.sampleRate;
      return { stream: this.streamOver(ears, sampleRate), sampleRate };
    } catch (error) {
      ears.close();
      throw error;
    }
  }

  /** The recogniser to begin with. Rejects when all are in use. */
  private async takeEars(
    ears: SttSeats,
    language: string | undefined,
    signal: AbortSignal,
    speaking: Promise<unknown>,
  ): Promise<SttProvider> {
    const hearing = takeFirst(ears, language, this.config, this.clock, signal);
    const [first] = inOrderOfChoice(ears.providers, language);
    if (!first) return hearing;
    let moment: Timer | undefined;
    const later = Promise.all([
      speaking,
      new Promise<void>((resolve) => (moment = this.clock.setTimeout(resolve, EARS_MS))),
    ]).then(() => (first.pool.isExhausted ? hearing : first));
    try {
      return await Promise.race([hearing, later]);
    } catch (error) {
      // Who cannot be reached now may be when there is something to understand.
      if (error instanceof ParleyError && error.code === 'build_failed') return first;
      throw error;
    } finally {
      moment?.cancel();
    }
  }

  private async speaks(voice: TtsVoice, request: TtsRequest, signal: AbortSignal): Promise<boolean> {
    try {
      for await (const _ of voice.synthesize(request, signal)) signal.throwIfAborted();
      return true;
    } catch (error) {
      if (signal.aborted) throw error;
      return false;
    }
  }
}
