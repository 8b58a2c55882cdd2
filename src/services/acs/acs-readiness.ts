import { Injectable } from '@nestjs/common';
import { AcsConfig } from '../../config/acs.config.js';
import { Readiness, type ReadinessCheck } from '../../lifecycle/readiness-check.js';
import { AcsClient } from './acs-client.js';

/** Down when the last request to the service failed for a reason that is not the call's own. */
@Injectable()
@Readiness({ name: 'acs', critical: false, timeoutMs: 1000, cacheMs: 1000 })
export class AcsReadiness implements ReadinessCheck {
  constructor(
    private readonly config: AcsConfig,
    private readonly client: AcsClient,
  ) {}

  check(): Record<string, unknown> {
    const { connectionString, endpoint, sourceNumber } = this.config;
    if (!connectionString && !endpoint) return { configured: false };
    if (this.client.problem !== undefined) throw new Error(this.client.problem);
    return { configured: true, outbound: sourceNumber !== '' };
  }
}
