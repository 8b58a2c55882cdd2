import { Module } from '@nestjs/common';
import { VoiceConfig } from '../config/voice.config.js';
import { Clock } from '../kernel/clock.js';
import { CoreStep } from './core.step.js';
import { AudioQueues } from './overload/audio-queues.js';
import { SessionRegistry } from './session-registry.js';
import { SessionSlots } from './session-slots.js';

@Module({
  providers: [
    CoreStep,
    SessionRegistry,
    AudioQueues,
    {
      provide: SessionSlots,
      inject: [VoiceConfig, Clock],
      useFactory: (config: VoiceConfig, clock: Clock) => new SessionSlots(config.maxConnections, clock),
    },
  ],
  exports: [SessionRegistry, SessionSlots, AudioQueues],
})
export class StateModule {}
