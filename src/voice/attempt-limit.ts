import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { RateWindows } from '../auth/rate-windows.js';
import { TrustedProxies } from '../auth/trusted-proxies.js';
import { ServerConfig } from '../config/server.config.js';
import { Clock } from '../kernel/clock.js';
import type { Refusal } from './upgrade-policy.js';

/**
 * Counts upgrades, and API requests without a valid token, by address, of IPv6 by network (/64): UPGRADES_PER_MINUTE of them,
 * 0 for no limit.
 */
@Injectable()
export class AttemptLimit {
  private readonly windows: RateWindows;
  private readonly proxies: TrustedProxies;

  constructor({ upgradesPerMinute, trustProxy }: ServerConfig, clock: Clock) {
    this.windows = new RateWindows(upgradesPerMinute, clock);
    this.proxies = new TrustedProxies(trustProxy);
  }

  /** One more attempt; the refusal when it is one too many. */
  count(request: IncomingMessage): Refusal | undefined {
    return refusalFor(this.windows.count(this.proxies.networkOf(request)));
  }

  /** The refusal when the address has used up its attempts; counts nothing. */
  exhausted(request: IncomingMessage): Refusal | undefined {
    return refusalFor(this.windows.exhausted(this.proxies.networkOf(request)));
  }
}

function refusalFor(leftMs: number | undefined): Refusal | undefined {
  if (leftMs === undefined) return undefined;
  const retryAfterSeconds = Math.ceil(leftMs / 1000);
  return { status: 429, code: 'rate_limited', message: 'Too many attempts from this address', retryAfterSeconds };
}
