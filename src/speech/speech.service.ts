import { Injectable } from '@nestjs/common';
import { SpeechConfig } from '../config/speech.config.js';
import { VoiceConfig } from '../config/voice.config.js';
import { Clock } from '../kernel/clock.js';
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

  constructor(
    private readonly stt: SttDriver,
    private readonly tts: TtsDriver,
    private readonly vad: VoiceActivityDetector,
    config: SpeechConfig,
    voiceConfig: VoiceConfig,
    clock: Clock,
  ) {
    const shared = { maxWaiting: config.poolQueue, createTimeoutMs: CREATE_TIMEOUT_MS, clock };
    this.waitMs = config.poolWaitMs;
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
      return { stt: stt.resource, sttRate: this.stt.sampleRate, voice: voice.resource, vad: this.vad, release };
    } catch (error) {
      stt.release();
      this.endSession(sessionId);
      throw error;
    }
  }

  /** Synthesises phrases into the cache and compiles a grammar, before anyone needs them. */
  async warmUp(
    voice: Pick<TtsRequest, 'voice' | 'rate' | 'pitch'>,
    phrases: readonly string[],
    hints: SpeechHints,
    signal: AbortSignal,
  ): Promise<void> {
    const speech = await this.lease('warmup', signal);
    try {
      await speech.stt.prepare(hints);
      for (const text of phrases) {
        for await (const _ of speech.voice.synthesize({ ...voice, text, cacheable: true }, signal))
          signal.throwIfAborted();
      }
    } finally {
      speech.release();
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
