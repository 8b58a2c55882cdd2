import { Module } from '@nestjs/common';
import { ScriptedConfig } from '../config/scripted.config.js';
import { SpeechConfig } from '../config/speech.config.js';
import { Clock } from '../kernel/clock.js';
import { EnergyVad } from './drivers/energy/energy-vad.js';
import { SileroVad } from './drivers/silero/silero-vad.js';
import { GatedLegTranscribers } from './gate/gated-leg-transcribers.js';
import { LegTranscribers } from './gate/leg-transcriber.js';
import { DriverLoader, onIncident } from './load-drivers.js';
import { SttDrivers, TtsDrivers } from './speech-drivers.js';
import { SpeechService } from './speech.service.js';
import { SpeechReadiness, SpeechStep } from './speech.step.js';
import { configuredVad } from './testing/configured-speech.js';
import { VoiceActivityDetector } from './voice-activity.js';

@Module({
  providers: [
    DriverLoader,
    { provide: SttDrivers, inject: [DriverLoader], useFactory: (loader: DriverLoader) => loader.stt() },
    { provide: TtsDrivers, inject: [DriverLoader], useFactory: (loader: DriverLoader) => loader.tts() },
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
    { provide: LegTranscribers, useClass: GatedLegTranscribers },
  ],
  exports: [SpeechService, SttDrivers, TtsDrivers, LegTranscribers],
})
export class SpeechModule {}
