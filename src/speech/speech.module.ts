import { Logger, Module } from '@nestjs/common';
import { ScriptedConfig } from '../config/scripted.config.js';
import { SpeechConfig } from '../config/speech.config.js';
import { VoiceConfig } from '../config/voice.config.js';
import { Clock } from '../kernel/clock.js';
import { EmbeddedSttDriver } from './drivers/embedded/stt/embedded-stt.driver.js';
import { EmbeddedTtsDriver } from './drivers/embedded/tts/embedded-tts.driver.js';
import { EnergyVad } from './drivers/energy/energy-vad.js';
import { SileroVad } from './drivers/silero/silero-vad.js';
import { inferenceWorkers } from './inference-workers.js';
import { SpeechService } from './speech.service.js';
import { SpeechReadiness, SpeechStep } from './speech.step.js';
import { SttDriver } from './stt-stream.js';
import { configuredStt, configuredTts, configuredVad } from './testing/configured-speech.js';
import { TtsDriver } from './tts-voice.js';
import { VoiceActivityDetector } from './voice-activity.js';

const logger = new Logger('Speech');
const onIncident = (message: string): void => logger.warn(message);

@Module({
  providers: [
    {
      provide: SttDriver,
      inject: [SpeechConfig, VoiceConfig, ScriptedConfig, Clock],
      useFactory: (config: SpeechConfig, voice: VoiceConfig, scripted: ScriptedConfig, clock: Clock): SttDriver =>
        config.stt === 'scripted'
          ? configuredStt(scripted, clock, inferenceWorkers(config.inferenceWorkers))
          : new EmbeddedSttDriver(clock, {
              workers: inferenceWorkers(config.inferenceWorkers),
              minConfidence: config.minConfidence,
              // One worker may have to follow every session at once.
              maxDecodersPerWorker: config.sttPoolMax || voice.maxConnections,
              onIncident,
            }),
    },
    {
      provide: TtsDriver,
      inject: [SpeechConfig, ScriptedConfig, Clock],
      useFactory: (config: SpeechConfig, scripted: ScriptedConfig, clock: Clock): TtsDriver =>
        config.tts === 'scripted'
          ? configuredTts(scripted, clock)
          : new EmbeddedTtsDriver({
              workers: inferenceWorkers(config.inferenceWorkers),
              cacheBytes: config.ttsCacheBytes,
              clock,
              onIncident,
            }),
    },
    {
      provide: VoiceActivityDetector,
      inject: [SpeechConfig, ScriptedConfig, Clock],
      useFactory: (config: SpeechConfig, scripted: ScriptedConfig, clock: Clock): VoiceActivityDetector =>
        ({
          silero: () => new SileroVad({ clock, onIncident }),
          energy: () => new EnergyVad(),
          scripted: () => configuredVad(scripted, clock),
        })[config.vad](),
    },
    SpeechService,
    SpeechStep,
    SpeechReadiness,
  ],
  exports: [SpeechService, SttDriver, TtsDriver],
})
export class SpeechModule {}
