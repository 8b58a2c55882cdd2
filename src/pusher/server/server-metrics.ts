import { metrics } from '@opentelemetry/api';

/** What a pusher counts of the links that it has, with OpenTelemetry. */
export class ServerMetrics {
  private readonly meter = metrics.getMeter('parley.pusher');
  private readonly live = this.meter.createUpDownCounter('pusher.sessions', {
    description: 'Links that this pusher has at the moment',
  });
  private readonly malformedFrames = this.meter.createCounter('pusher.frames.malformed', {
    description: 'Frames that could not be understood, each of which ended its link',
  });
  private readonly droppedBatches = this.meter.createCounter('pusher.segments.dropped', {
    description: 'Batches of segments that were not passed on in time',
  });

  opened(): void {
    this.live.add(1);
  }

  closed(): void {
    this.live.add(-1);
  }

  malformed(): void {
    this.malformedFrames.add(1);
  }

  batchDropped(): void {
    this.droppedBatches.add(1);
  }
}
