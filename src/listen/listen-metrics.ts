import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import { EventBus } from '../events/event-bus.js';

/** Counts sessions that listen, and what they understand, with OpenTelemetry. */
@Injectable()
export class ListenMetrics implements OnModuleDestroy {
  private readonly stops: (() => void)[];

  constructor(bus: EventBus) {
    const meter = metrics.getMeter('parley.listen');
    const active = meter.createUpDownCounter('listen.sessions.active', { description: 'Live sessions that listen' });
    const sessions = meter.createCounter('listen.sessions', { description: 'Those that ended, by reason' });
    const segments = meter.createCounter('listen.segments', { description: 'Segments of sessions that ended' });
    this.stops = [
      bus.on('listen.started', () => active.add(1)),
      bus.on('listen.ended', ({ reason, segments: understood }) => {
        active.add(-1);
        sessions.add(1, { reason });
        segments.add(understood);
      }),
    ];
  }

  onModuleDestroy(): void {
    for (const stop of this.stops) stop();
  }
}
