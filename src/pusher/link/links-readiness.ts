import { Injectable } from '@nestjs/common';
import { Readiness, type ReadinessCheck } from '../../lifecycle/readiness-check.js';
import { WsPusherLinks } from './ws-pusher-links.js';

/** A link that is lost is made again soon; after so long it cannot be. */
const AWAY_MS = 30_000;

/** Calls go on without the pusher, and what it is to do waits. Nothing is known of it before the first link. */
@Injectable()
@Readiness({ name: 'pusher', critical: false, timeoutMs: 1000, cacheMs: 1000 })
export class LinksReadiness implements ReadinessCheck {
  constructor(private readonly links: WsPusherLinks) {}

  check(): Record<string, unknown> {
    const { links, breaker, pending_requests } = this.links.snapshot();
    if (this.links.isRefused) throw new Error('it refuses our PUSHER_SECRET');
    const { awayMs } = this.links;
    const isAway = breaker === 'open' || links.degraded > 0 || links.half_open_probe > 0 || awayMs >= AWAY_MS;
    if (isAway) throw new Error(`it cannot be reached; ${pending_requests} conversations wait to be handed over`);
    return { ...(awayMs > 0 && { degraded: 'no link reaches it; it is tried again' }), links, pending_requests };
  }
}
