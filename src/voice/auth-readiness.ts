import { Injectable } from '@nestjs/common';
import { ServerConfig } from '../config/server.config.js';
import { Readiness, type ReadinessCheck } from '../lifecycle/readiness-check.js';

/** Shows whether anybody may in: outside production, no token at all is a choice and no fault. */
@Injectable()
@Readiness({ name: 'auth', critical: false, timeoutMs: 1000, cacheMs: 1000 })
export class AuthReadiness implements ReadinessCheck {
  constructor(private readonly config: ServerConfig) {}

  check(): Record<string, unknown> {
    const tokens = this.config.authTokens.length;
    return { tokens, required: tokens > 0 || this.config.environment === 'production' };
  }
}
