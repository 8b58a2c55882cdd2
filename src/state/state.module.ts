import { Module } from '@nestjs/common';
import { OverloadConfig } from '../config/overload.config.js';
import { VoiceConfig } from '../config/voice.config.js';
import { Clock } from '../kernel/clock.js';
import { CoreStep } from './core.step.js';
import { AudioQueues } from './overload/audio-queues.js';
import { EventLoopProbe, NodeEventLoopProbe } from './overload/event-loop-probe.js';
import { OverloadMonitor } from './overload/overload-monitor.js';
import { KeyValueStore } from './store/key-value-store.js';
import { MemoryKeyValueStore } from './store/memory-key-value-store.js';
import { SessionRegistry } from './session-registry.js';
import { SessionSlots } from './session-slots.js';

@Module({
  providers: [
    CoreStep,
    { provide: KeyValueStore, inject: [Clock], useFactory: (clock: Clock) => new MemoryKeyValueStore(clock) },
    SessionRegistry,
    AudioQueues,
    OverloadMonitor,
    {
      provide: EventLoopProbe,
      inject: [OverloadConfig, Clock],
      useFactory: (config: OverloadConfig, clock: Clock) => new NodeEventLoopProbe(config.sampleMs, clock),
    },
    {
      provide: SessionSlots,
      inject: [VoiceConfig, Clock],
      useFactory: ({ maxConnections, sessionQueue }: VoiceConfig, clock: Clock) =>
        new SessionSlots({ capacity: maxConnections, queue: sessionQueue }, clock),
    },
  ],
  exports: [KeyValueStore, SessionRegistry, SessionSlots, AudioQueues, OverloadMonitor],
})
export class StateModule {}
