import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { ServerConfig } from '../config/server.config.js';
import { Clock } from '../kernel/clock.js';
import type { Refusal } from './upgrade-policy.js';

const MINUTE_MS = 60_000;
const MAX_ADDRESSES = 10_000;

interface Window {
  readonly startedAt: number;
  count: number;
}

/** Counts upgrades, and API requests without a valid token, by address: UPGRADES_PER_MINUTE of them, 0 for no limit. */
@Injectable()
export class AttemptLimit {
  private readonly windows = new Map<string, Window>();

  constructor(
    private readonly config: ServerConfig,
    private readonly clock: Clock,
  ) {}

  /** One more attempt; the refusal when it is one too many. */
  count(request: IncomingMessage): Refusal | undefined {
    if (this.config.upgradesPerMinute === 0) return undefined;
    const window = this.windowOf(request) ?? this.open(request);
    return ++window.count > this.config.upgradesPerMinute ? this.refusal(window) : undefined;
  }

  /** The refusal when the address has used up its attempts; counts nothing. */
  exhausted(request: IncomingMessage): Refusal | undefined {
    if (this.config.upgradesPerMinute === 0) return undefined;
    const window = this.windowOf(request);
    return window && window.count >= this.config.upgradesPerMinute ? this.refusal(window) : undefined;
  }

  private windowOf(request: IncomingMessage): Window | undefined {
    const window = this.windows.get(this.addressOf(request));
    return window && this.clock.now() - window.startedAt < MINUTE_MS ? window : undefined;
  }

  private open(request: IncomingMessage): Window {
    const address = this.addressOf(request);
    const window = { startedAt: this.clock.now(), count: 0 };
    if (this.windows.size >= MAX_ADDRESSES) this.windows.delete(this.windows.keys().next().value!);
    this.windows.delete(address);
    this.windows.set(address, window);
    return window;
  }

  private refusal(window: Window): Refusal {
    const retryAfterSeconds = Math.ceil((window.startedAt + MINUTE_MS - this.clock.now()) / 1000);
    return { status: 429, code: 'rate_limited', message: 'Too many attempts from this address', retryAfterSeconds };
  }

  private addressOf(request: IncomingMessage): string {
    const forwarded = this.config.trustProxy ? request.headers['x-forwarded-for'] : undefined;
    // Proxies append the address they were called from: the last is our own proxy's, those before are anybody's word.
    const last = [forwarded].flat().at(-1)?.split(',').at(-1)?.trim();
    return (last && withoutPort(last)) || request.socket.remoteAddress || 'unknown';
  }
}

/** Some proxies append the client's port too, which is another one for each attempt. */
function withoutPort(address: string): string {
  return /^\[(.+)\](?::\d+)?$/.exec(address)?.[1] ?? /^([\d.]+):\d+$/.exec(address)?.[1] ?? address;
}
