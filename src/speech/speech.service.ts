import { Injectable } from '@nestjs/common';
import { SpeechConfig } from '../config/speech.config.js';
import { VoiceConfig } from '../config/voice.config.js';
import { Clock } from '../kernel/clock.js';
import { ParleyError } from '../kernel/errors.js';
import { withStallLimit } from '../kernel/stall-limit.js';
import type { PoolSnapshot } from './pool/pool-metrics.js';
import { SpeechPool } from './pool/speech-pool.js';
import { type SpeechHints, SttDriver, type SttStream } from './stt-stream.js';
import { TtsDriver, type TtsRequest, type TtsVoice } from './tts-voice.js';
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

const CREATE_TIMEOUT_MS = 10_000;

/** Lends recogniser streams and voices to sessions, from pools that keep some ready. */
@Injectable()
export class SpeechService {
  private readonly sttPool: SpeechPool<SttStream>;
  private readonly ttsPool: SpeechPool<TtsVoice>;
  private readonly waitMs: number;
  private readonly stallMs: number;

  constructor(
    private readonly stt: SttDriver,
    private readonly tts: TtsDriver,
    private readonly vad: VoiceActivityDetector,
    config: SpeechConfig,
    voiceConfig: VoiceConfig,
    private readonly clock: Clock,
  ) {
    const shared = { maxWaiting: config.poolQueue, createTimeoutMs: CREATE_TIMEOUT_MS, clock };
    this.waitMs = config.poolWaitMs;
    this.stallMs = config.ttsStallMs;
    this.sttPool = new SpeechPool<SttStream>({
      ...shared,
      name: 'stt',
      ...poolSizes(config.sttPoolWarm, config.sttPoolMax, voiceConfig),
      create: (signal) => stt.createStream(signal),
      dispose: (stream) => stream.close(),
    });
    this.ttsPool = new SpeechPool<TtsVoice>({
      ...shared,
      name: 'tts',
      ...poolSizes(config.ttsPoolWarm, config.ttsPoolMax, voiceConfig),
      create: (signal) => tts.createVoice(signal),
      dispose: (voice) => voice.close(),
    });
  }

  async start(signal: AbortSignal): Promise<void> {
    const starting = [this.vad.start(signal), this.stt.start(signal), this.tts.start(signal)];
    try {
      await Promise.all(starting);
      await Promise.all([this.sttPool.start(signal), this.ttsPool.start(signal)]);
    } catch (error) {
      // A process that exits while a native library loads in a thread aborts instead.
      await Promise.allSettled(starting);
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await Promise.allSettled([this.sttPool.close(), this.ttsPool.close()]);
    await Promise.all([this.vad.close(), this.stt.close(), this.tts.close()]);
  }

  /** Rejects with `at_capacity` or `timeout` when there is nothing to lend, with the signal's reason when it aborts. */
  async lease(sessionId: string, signal: AbortSignal): Promise<SessionSpeech> {
    const stt = await this.sttPool.acquire(sessionId, { timeoutMs: this.waitMs, signal });
    stt.resource.reset();
    try {
      const voice = await this.ttsPool.acquire(sessionId, { timeoutMs: this.waitMs, signal });
      const release = (): void => {
        stt.release();
        voice.release();
        this.endSession(sessionId);
      };
      return {
        stt: stt.resource,
        sttRate: this.stt.sampleRate,
        voice: this.limited(voice.resource),
        vad: this.vad,
        release,
      };
    } catch (error) {
      stt.release();
      this.endSession(sessionId);
      throw error;
    }
  }

  /** A voice whose audio stops coming has failed, whatever drives it. */
  private limited(voice: TtsVoice): TtsVoice {
    const stalled = (): Error => new ParleyError('tts_failed', `No audio for ${this.stallMs} ms`, true);
    return {
      synthesize: (request, signal) =>
        withStallLimit((child) => voice.synthesize(request, child), signal, this.clock, this.stallMs, stalled),
      close: () => voice.close(),
    };
  }

  /**
   * Synthesises phrases into the cache and compiles a grammar, before anyone needs them. Returns how many phrases are
   * ready: one that could not be made is tried again when it is needed.
   */
  async warmUp(
    voice: Pick<TtsRequest, 'voice' | 'rate' | 'pitch'>,
    phrases: readonly string[],
    hints: SpeechHints,
    signal: AbortSignal,
  ): Promise<number> {
    const speech = await this.lease('warmup', signal);
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

  private async speaks(voice: TtsVoice, request: TtsRequest, signal: AbortSignal): Promise<boolean> {
    try {
      for await (const _ of voice.synthesize(request, signal)) signal.throwIfAborted();
      return true;
    } catch (error) {
      if (signal.aborted) throw error;
      return false;
    }
  }

  /** What the session had may go to anybody. */
  private endSession(sessionId: string): void {
    this.sttPool.endSession(sessionId);
    this.ttsPool.endSession(sessionId);
  }

  pools(): PoolSnapshot[] {
    return [this.sttPool.snapshot(), this.ttsPool.snapshot()];
  }

  get drivers(): { stt: string; tts: string; vad: string } {
    return { stt: this.stt.name, tts: this.tts.name, vad: this.vad.name };
  }
}

function poolSizes(warm: number, max: number, { maxConnections }: VoiceConfig): { warmSize: number; maxSize: number } {
  const maxSize = max || maxConnections;
  return { warmSize: Math.min(warm, maxSize), maxSize };
}
