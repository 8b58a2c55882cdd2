import { Injectable } from '@nestjs/common';
import { Readiness, type ReadinessCheck } from '../../lifecycle/readiness-check.js';
import { WsPusherLinks } from './ws-pusher-links.js';

/** Calls go on without the pusher, and what it is to do waits. Nothing is known of it before the first link. */
@Injectable()
@Readiness({ name: 'pusher', critical: false, timeoutMs: 1000, cacheMs: 1000 })
export class LinksReadiness implements ReadinessCheck {
  constructor(private readonly links: WsPusherLinks) {}

  check(): Record<string, unknown> {
    const { links, breaker, pending_requests } = this.links.snapshot();
    if (this.links.isRefused) throw new Error('it refuses our PUSHER_SECRET');
    const isAway = breaker === 'open' || links.degraded > 0 || links.half_open_probe > 0;
    if (isAway) throw new Error(`it cannot be reached; ${pending_requests} conversations wait to be handed over`);
    return { links, pending_requests };
  }
}
