import { metrics } from '@opentelemetry/api';
import type { BreakerState } from '../../kernel/provider-breaker.js';
import type { LinkState } from './pusher-link.js';

const BREAKER_STATES: Readonly<Record<BreakerState, number>> = { closed: 0, half_open: 1, open: 2 };

export interface LinksSnapshot {
  readonly breaker: BreakerState;
  readonly breaker_retry_in_ms: number;
  /** How many there are in each state. */
  readonly links: Readonly<Record<LinkState, number>>;
  /** Of all links, until they are answered. */
  readonly pending_requests: number;
  readonly oldest_request_ms: number;
  readonly waiting_segments: number;
  /** Memory that audio takes which is not archived yet. */
  readonly audio_bytes: number;
  /** Since the start of the process. */
  readonly lost_audio_ms: number;
  readonly dropped_requests: number;
  readonly connects: number;
}

/** What the links of this process count together, also with OpenTelemetry. */
export class LinkMetrics {
  private readonly meter = metrics.getMeter('parley.pusher');
  private readonly lostAudio = this.meter.createCounter('pusher.link.audio.lost', {
    unit: 's',
    description: 'Audio that was given up before the pusher had archived it',
  });
  private readonly droppedRequests = this.meter.createCounter('pusher.link.requests.dropped', {
    description: 'Requests to process a conversation that had to make room, and are found again by age',
  });
  private readonly droppedSegments = this.meter.createCounter('pusher.link.segments.dropped', {
    description: 'Changes of transcripts that had to make room',
  });
  private readonly attempts = this.meter.createCounter('pusher.link.connects', {
    description: 'Attempts to connect to the pusher, by what became of them',
  });
  connects = 0;
  lostAudioMs = 0;
  requestsDropped = 0;

  connected(): void {
    this.connects++;
    this.attempts.add(1, { outcome: 'connected' });
  }

  failed(): void {
    this.attempts.add(1, { outcome: 'failed' });
  }

  audioLost(durationMs: number): void {
    this.lostAudioMs += durationMs;
    this.lostAudio.add(durationMs / 1000);
  }

  requestDropped(): void {
    this.requestsDropped++;
    this.droppedRequests.add(1);
  }

  segmentsDropped(count: number): void {
    this.droppedSegments.add(count);
  }

  /** Returns how to stop. */
  observe(snapshot: () => LinksSnapshot, awayMs: () => number): () => void {
    const links = this.meter.createObservableGauge('pusher.links', { description: 'Links to the pusher, by state' });
    const pending = this.meter.createObservableGauge('pusher.link.requests.pending', {
      description: 'Requests to process a conversation that are not answered yet',
    });
    const age = this.meter.createObservableGauge('pusher.link.requests.age', {
      unit: 's',
      description: 'How long the oldest of them has been waiting',
    });
    const audio = this.meter.createObservableGauge('pusher.link.audio.waiting', {
      unit: 'By',
      description: 'Audio that is kept until it is archived',
    });
    const breaker = this.meter.createObservableGauge('pusher.link.breaker.state', {
      description: 'Whether links may connect: 0 yes, 1 one of them tries, 2 no',
    });
    const away = this.meter.createObservableGauge('pusher.link.away', {
      unit: 's',
      description: 'For how long no link has reached the pusher; 0 while one does',
    });
    const all = [links, pending, age, audio, breaker, away];
    // What is lost first is to be a change, not a new series.
    this.lostAudio.add(0);
    const report: Parameters<typeof this.meter.addBatchObservableCallback>[0] = (result) => {
      const now = snapshot();
      for (const [state, count] of Object.entries(now.links)) result.observe(links, count, { state });
      result.observe(pending, now.pending_requests);
      result.observe(age, now.oldest_request_ms / 1000);
      result.observe(audio, now.audio_bytes);
      result.observe(breaker, BREAKER_STATES[now.breaker]);
      result.observe(away, awayMs() / 1000);
    };
    this.meter.addBatchObservableCallback(report, all);
    return () => this.meter.removeBatchObservableCallback(report, all);
  }
}
