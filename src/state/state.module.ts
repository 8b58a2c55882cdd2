import { Module } from '@nestjs/common';
import { OverloadConfig } from '../config/overload.config.js';
import { RedisConfig } from '../config/redis.config.js';
import { VoiceConfig } from '../config/voice.config.js';
import { Clock } from '../kernel/clock.js';
import { CoreStep } from './core.step.js';
import { AudioQueues } from './overload/audio-queues.js';
import { EventLoopProbe, NodeEventLoopProbe } from './overload/event-loop-probe.js';
import { OverloadMonitor } from './overload/overload-monitor.js';
import { Overrides } from './overrides.js';
import { RedisReadiness } from './redis-readiness.js';
import { Replica } from './replica.js';
import { SessionDirectory } from './session-directory.js';
import { SessionRegistry } from './session-registry.js';
import { SessionSlots } from './session-slots.js';
import { SharedState } from './shared-state.js';
import { SoleReplica } from './sole-replica.js';
import { KeyValueStore } from './store/key-value-store.js';

@Module({
  providers: [
    CoreStep,
    Replica,
    {
      provide: SharedState,
      inject: [RedisConfig, Replica, SessionRegistry, Clock],
      useFactory: async (config: RedisConfig, replica: Replica, registry: SessionRegistry, clock: Clock) => {
        if (config.url === '') return new SoleReplica(clock);
        const { RedisState } = await import('./redis/redis-state.js');
        return new RedisState({ config, replica: replica.id, registry, clock });
      },
    },
    { provide: KeyValueStore, inject: [SharedState], useFactory: (shared: SharedState) => shared.store },
    SessionRegistry,
    SessionDirectory,
    Overrides,
    RedisReadiness,
    AudioQueues,
    OverloadMonitor,
    {
      provide: EventLoopProbe,
      inject: [OverloadConfig, Clock],
      useFactory: (config: OverloadConfig, clock: Clock) => new NodeEventLoopProbe(config.sampleMs, clock),
    },
    {
      provide: SessionSlots,
      inject: [VoiceConfig, Clock, SharedState],
      useFactory: ({ maxConnections, sessionQueue }: VoiceConfig, clock: Clock, { slotGate }: SharedState) =>
        new SessionSlots({ capacity: maxConnections, queue: sessionQueue }, clock, slotGate),
    },
  ],
  exports: [
    Replica,
    KeyValueStore,
    SessionRegistry,
    SessionDirectory,
    SessionSlots,
    Overrides,
    AudioQueues,
    OverloadMonitor,
  ],
})
export class StateModule {}
