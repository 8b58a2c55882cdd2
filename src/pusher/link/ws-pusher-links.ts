import { Logger } from '@nestjs/common';
import type { PusherConfig } from '../../config/pusher.config.js';
import type { Chance } from '../../kernel/chance.js';
import type { Clock } from '../../kernel/clock.js';
import { LinkBreaker } from './link-breaker.js';
import { LinkMetrics, type LinksSnapshot } from './link-metrics.js';
import { PusherConnection } from './pusher-connection.js';
import { type LinkOptions, type LinkState, type PusherLink, PusherLinks } from './pusher-link.js';
import { PusherReach } from './pusher-reach.js';
import { WsPusherLink } from './ws-pusher-link.js';

export interface LinksOptions {
  readonly config: PusherConfig;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly secret: string;
  /** Undefined as long as it is not known. */
  readonly urlFor: (options: LinkOptions) => URL | undefined;
}

/** Links over WebSockets, one each. */
export class WsPusherLinks extends PusherLinks {
  private readonly logger = new Logger('Pusher');
  private readonly links = new Set<WsPusherLink>();
  private readonly metrics = new LinkMetrics();
  private readonly breaker: LinkBreaker;
  private readonly reach: PusherReach;
  private readonly stopObserving: () => void;
  private onIdle: (() => void)[] = [];
  private refused = false;

  constructor(private readonly options: LinksOptions) {
    super();
    const { breakerFailures, breakerWindowMs, breakerOpenMs } = options.config;
    this.breaker = new LinkBreaker(
      options.clock,
      { failures: breakerFailures, windowMs: breakerWindowMs, openMs: breakerOpenMs },
      (state) => {
        if (state === 'closed') this.logger.log('The pusher can be reached again');
        if (state === 'open') this.logger.warn('The pusher cannot be reached: no link tries for a while');
      },
    );
    this.reach = new PusherReach(options.clock, () => this.links.size > 0);
    this.stopObserving = this.metrics.observe(
      () => this.snapshot(),
      () => this.awayMs,
    );
  }

  open(options: LinkOptions): PusherLink {
    const { config, clock, chance, secret, urlFor } = this.options;
    const link = new WsPusherLink(options, {
      config,
      clock,
      chance,
      breaker: this.breaker,
      metrics: this.metrics,
      reach: this.reach,
      logger: this.logger,
      dial: (asked, { onFrame, onBeat }) => {
        const url = urlFor(asked);
        if (!url) return undefined;
        const { connectTimeoutMs, heartbeatMs } = config;
        return new PusherConnection({ url, secret, clock, connectTimeoutMs, heartbeatMs, onFrame, onBeat });
      },
      onRefused: (refused) => this.noteRefusal(refused),
      onClosed: (closed) => this.forget(closed),
    });
    this.links.add(link);
    return link;
  }

  /** Whether the pusher does not know us. */
  get isRefused(): boolean {
    return this.refused;
  }

  /** For how long no link has reached the pusher; 0 while one does, and where nothing is known. */
  get awayMs(): number {
    return this.reach.awayMs;
  }

  private noteRefusal(refused: boolean): void {
    if (refused && !this.refused)
      this.logger.error('The pusher refuses our PUSHER_SECRET: it must be the same on both sides');
    this.refused = refused;
  }

  /** How the links are, for operators. */
  snapshot(): LinksSnapshot {
    const links: Record<LinkState, number> = { connected: 0, reconnect_backoff: 0, degraded: 0, half_open_probe: 0 };
    const sum = { requests: 0, oldestRequestMs: 0, segments: 0, audioBytes: 0 };
    for (const link of this.links) {
      links[link.state]++;
      const { requests, oldestRequestMs, segments, audioBytes } = link.load;
      sum.requests += requests;
      sum.segments += segments;
      sum.audioBytes += audioBytes;
      sum.oldestRequestMs = Math.max(sum.oldestRequestMs, oldestRequestMs);
    }
    return {
      breaker: this.breaker.state,
      breaker_retry_in_ms: Math.round(this.breaker.retryInMs),
      links,
      pending_requests: sum.requests,
      oldest_request_ms: Math.round(sum.oldestRequestMs),
      waiting_segments: sum.segments,
      audio_bytes: sum.audioBytes,
      lost_audio_ms: Math.round(this.metrics.lostAudioMs),
      dropped_requests: this.metrics.requestsDropped,
      connects: this.metrics.connects,
    };
  }

  /** Resolves once all links are closed, connections and all. */
  idle(): Promise<void> {
    if (this.links.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.onIdle.push(resolve));
  }

  /** Ends those that nobody has ended. */
  async closeAll(): Promise<void> {
    this.stopObserving();
    await Promise.all([...this.links].map((link) => link.close(0)));
    await this.idle();
  }

  private forget(link: WsPusherLink): void {
    this.links.delete(link);
    if (this.links.size > 0) return;
    const waiting = this.onIdle;
    this.onIdle = [];
    for (const resolve of waiting) resolve();
  }
}
