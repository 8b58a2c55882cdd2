import type { SpeechConfig } from '../config/speech.config.js';
import type { VoiceConfig } from '../config/voice.config.js';
import type { Clock } from '../kernel/clock.js';
import type { SttProvider } from './failover/failover-stt.stream.js';
import type { TtsProvider } from './failover/failover-tts.voice.js';
import { type ProviderOptions, SpeechProvider } from './failover/speech-provider.js';
import { SpeechPool, type SpeechPoolOptions } from './pool/speech-pool.js';
import { probeStt, probeTts } from './probes.js';
import type { SttDrivers, TtsDrivers } from './speech-drivers.js';
import type { SttDriver, SttStream } from './stt-stream.js';
import type { TtsDriver, TtsVoice } from './tts-voice.js';

export interface ProvidersParts {
  readonly config: SpeechConfig;
  readonly voiceConfig: Pick<VoiceConfig, 'maxConnections'>;
  readonly clock: Clock;
  readonly onIncident: (message: string) => void;
}

/** A pool's own limit on building one, behind the driver's. */
const CREATE_TIMEOUT_MS = 10_000;

/** A pool of recogniser streams for each driver, in order of preference. */
export function sttProviders(drivers: SttDrivers, parts: ProvidersParts): SttProvider[] {
  return drivers.inOrder.map((driver, index) =>
    provider<SttDriver, SttStream>('stt', driver, index, parts, {
      create: (signal) => driver.createStream(signal),
      probe: (stream, signal) => probeStt(stream, driver.sampleRate, signal),
    }),
  );
}

/** A pool of voices for each driver, in order of preference. */
export function ttsProviders(drivers: TtsDrivers, parts: ProvidersParts): TtsProvider[] {
  return drivers.inOrder.map((driver, index) =>
    provider<TtsDriver, TtsVoice>('tts', driver, index, parts, {
      create: (signal) => driver.createVoice(signal),
      probe: (voice, signal) => probeTts(voice, driver, signal),
    }),
  );
}

function provider<D extends SttDriver | TtsDriver, R extends { close(): Promise<void> }>(
  kind: 'stt' | 'tts',
  driver: D,
  index: number,
  { config, voiceConfig, clock, onIncident }: ProvidersParts,
  { create, probe }: Pick<ProviderOptions<D, R>, 'probe'> & Pick<SpeechPoolOptions<R>, 'create'>,
): SpeechProvider<D, R> {
  const [warm, max] =
    kind === 'stt' ? [config.sttPoolWarm, config.sttPoolMax] : [config.ttsPoolWarm, config.ttsPoolMax];
  // Either side of a call that is listened to has one of its own.
  const maxSize = max || voiceConfig.maxConnections * (kind === 'stt' ? 2 : 1);
  const pool = new SpeechPool<R>({
    name: index === 0 ? kind : `${kind}_${driver.name}`,
    // Who may have to take over keeps one ready: the first caller who needs it waits for no connection.
    warmSize: Math.min(index === 0 ? warm : Math.min(1, warm), maxSize),
    maxSize,
    maxWaiting: config.poolQueue,
    createTimeoutMs: CREATE_TIMEOUT_MS,
    clock,
    create,
    dispose: (resource) => resource.close(),
  });
  return new SpeechProvider<D, R>({
    kind,
    driver,
    pool,
    probe,
    breaker: { failures: config.breakerFailures, openMs: config.breakerOpenMs },
    probeMs: config.connectMs + config.sttFinalMs,
    clock,
    onIncident,
  });
}
