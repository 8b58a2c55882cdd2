import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { ServerConfig } from '../config/server.config.js';
import { DrainState } from '../lifecycle/drain-state.js';
import { AttemptLimit } from './attempt-limit.js';
import { TokenCheck } from './token-check.js';
import type { Refusal } from './upgrade-policy.js';

/** What a WebSocket route checks first: rate, credentials, origin, and whether calls are taken at all. */
@Injectable()
export class UpgradeGuard {
  constructor(
    private readonly config: ServerConfig,
    private readonly tokens: TokenCheck,
    private readonly drain: DrainState,
    private readonly attempts: AttemptLimit,
  ) {}

  /** The reason to refuse, if there is one. */
  check(request: IncomingMessage, url: URL): Refusal | undefined {
    // Before the credentials: a wrong token is an attempt too.
    const tooMany = this.attempts.count(request);
    if (tooMany) return tooMany;
    if (!this.tokens.allows(request.headers.authorization, url.searchParams.get('token'))) {
      return {
        status: 401,
        code: 'unauthorized',
        message: 'A valid token is needed: "Authorization: Bearer …" or "?token=…"',
      };
    }
    if (!this.originAllowed(request))
      return { status: 403, code: 'forbidden', message: 'This origin may not open calls' };
    return this.closedToCalls();
  }

  /** Why nobody may open a call at the moment, whoever it is; for every route. */
  closedToCalls(): Refusal | undefined {
    if (this.drain.draining) {
      return {
        status: 503,
        code: 'draining',
        message: 'The server is restarting, please try again',
        retryAfterSeconds: 5,
      };
    }
    return undefined;
  }

  private originAllowed(request: IncomingMessage): boolean {
    const { origin, host } = request.headers;
    if (origin === undefined || this.config.allowedOrigins.includes('*') || this.config.allowedOrigins.includes(origin))
      return true;
    return URL.parse(origin)?.host === host;
  }
}
