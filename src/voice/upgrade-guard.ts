import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { ServerConfig } from '../config/server.config.js';
import { Clock } from '../kernel/clock.js';
import { DrainState } from '../lifecycle/drain-state.js';
import { TokenCheck } from './token-check.js';
import type { Refusal } from './upgrade-policy.js';

const MINUTE_MS = 60_000;
const MAX_ADDRESSES = 10_000;

/** What every WebSocket route checks first: credentials, origin, drain, rate. */
@Injectable()
export class UpgradeGuard {
  private readonly attempts = new Map<string, { windowStart: number; count: number }>();

  constructor(
    private readonly config: ServerConfig,
    private readonly tokens: TokenCheck,
    private readonly drain: DrainState,
    private readonly clock: Clock,
  ) {}

  /** The reason to refuse, if there is one. */
  check(request: IncomingMessage, url: URL): Refusal | undefined {
    if (!this.tokens.allows(request.headers.authorization, url.searchParams.get('token'))) {
      return {
        status: 401,
        code: 'unauthorized',
        message: 'A valid token is needed: "Authorization: Bearer …" or "?token=…"',
      };
    }
    if (!this.originAllowed(request))
      return { status: 403, code: 'forbidden', message: 'This origin may not open calls' };
    if (this.drain.draining) {
      return {
        status: 503,
        code: 'draining',
        message: 'The server is restarting, please try again',
        retryAfterSeconds: 5,
      };
    }
    return this.tooMany(request);
  }

  private originAllowed(request: IncomingMessage): boolean {
    const { origin, host } = request.headers;
    if (origin === undefined || this.config.allowedOrigins.includes('*') || this.config.allowedOrigins.includes(origin))
      return true;
    return URL.parse(origin)?.host === host;
  }

  private tooMany(request: IncomingMessage): Refusal | undefined {
    if (this.config.upgradesPerMinute === 0) return undefined;
    const address = this.addressOf(request);
    const now = this.clock.now();
    let window = this.attempts.get(address);
    if (!window || now - window.windowStart >= MINUTE_MS) {
      if (this.attempts.size >= MAX_ADDRESSES) this.attempts.delete(this.attempts.keys().next().value!);
      window = { windowStart: now, count: 0 };
      this.attempts.delete(address);
      this.attempts.set(address, window);
    }
    if (++window.count <= this.config.upgradesPerMinute) return undefined;
    const retryAfterSeconds = Math.ceil((window.windowStart + MINUTE_MS - now) / 1000);
    return { status: 429, code: 'rate_limited', message: 'Too many connections from this address', retryAfterSeconds };
  }

  private addressOf(request: IncomingMessage): string {
    const forwarded = this.config.trustProxy ? request.headers['x-forwarded-for'] : undefined;
    const first = (Array.isArray(forwarded) ? forwarded[0] : forwarded)?.split(',')[0]?.trim();
    return first || request.socket.remoteAddress || 'unknown';
  }
}
