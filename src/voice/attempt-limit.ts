import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { RateWindows } from '../auth/rate-windows.js';
import { ServerConfig } from '../config/server.config.js';
import { Clock } from '../kernel/clock.js';
import type { Refusal } from './upgrade-policy.js';

/** Counts upgrades, and API requests without a valid token, by address: UPGRADES_PER_MINUTE of them, 0 for no limit. */
@Injectable()
export class AttemptLimit {
  private readonly windows: RateWindows;

  constructor(
    private readonly config: ServerConfig,
    clock: Clock,
  ) {
    this.windows = new RateWindows(config.upgradesPerMinute, clock);
  }

  /** One more attempt; the refusal when it is one too many. */
  count(request: IncomingMessage): Refusal | undefined {
    return refusalFor(this.windows.count(this.addressOf(request)));
  }

  /** The refusal when the address has used up its attempts; counts nothing. */
  exhausted(request: IncomingMessage): Refusal | undefined {
    return refusalFor(this.windows.exhausted(this.addressOf(request)));
  }

  private addressOf(request: IncomingMessage): string {
    const forwarded = this.config.trustProxy ? request.headers['x-forwarded-for'] : undefined;
    // Proxies append the address they were called from: the last is our own proxy's, those before are anybody's word.
    const last = [forwarded].flat().at(-1)?.split(',').at(-1)?.trim();
    return (last && withoutPort(last)) || request.socket.remoteAddress || 'unknown';
  }
}

function refusalFor(leftMs: number | undefined): Refusal | undefined {
  if (leftMs === undefined) return undefined;
  const retryAfterSeconds = Math.ceil(leftMs / 1000);
  return { status: 429, code: 'rate_limited', message: 'Too many attempts from this address', retryAfterSeconds };
}

/** Some proxies append the client's port too, which is another one for each attempt. */
function withoutPort(address: string): string {
  return /^\[(.+)\](?::\d+)?$/.exec(address)?.[1] ?? /^([\d.]+):\d+$/.exec(address)?.[1] ?? address;
}
