import { Injectable } from '@nestjs/common';
import { Readiness, type ReadinessCheck } from '../lifecycle/readiness-check.js';
import { SharedState } from './shared-state.js';

/** Calls go on without Redis, so that the server stays in service. */
@Injectable()
@Readiness({ name: 'redis', critical: false, timeoutMs: 2000, cacheMs: 500 })
export class RedisReadiness implements ReadinessCheck {
  constructor(private readonly shared: SharedState) {}

  check(): Promise<Record<string, unknown>> {
    return this.shared.check();
  }
}
