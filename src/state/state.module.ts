import { Module } from '@nestjs/common';
import { VoiceConfig } from '../config/voice.config.js';
import { Clock } from '../kernel/clock.js';
import { CoreStep } from './core.step.js';
import { SessionRegistry } from './session-registry.js';
import { SessionSlots } from './session-slots.js';

@Module({
  providers: [
    CoreStep,
    SessionRegistry,
    {
      provide: SessionSlots,
      inject: [VoiceConfig, Clock],
      useFactory: (config: VoiceConfig, clock: Clock) => new SessionSlots(config.maxConnections, clock),
    },
  ],
  exports: [SessionRegistry, SessionSlots],
})
export class StateModule {}
