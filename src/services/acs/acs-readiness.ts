import { Injectable } from '@nestjs/common';
import { AcsConfig } from '../../config/acs.config.js';
import { Readiness, type ReadinessCheck } from '../../lifecycle/readiness-check.js';
import { AcsClient } from './acs-client.js';

/** Down while the service cannot be reached or does not know us; what it says of one call does not count. */
@Injectable()
@Readiness({ name: 'acs', critical: false, timeoutMs: 3000, cacheMs: 5000 })
export class AcsReadiness implements ReadinessCheck {
  constructor(
    private readonly config: AcsConfig,
    private readonly client: AcsClient,
  ) {}

  async check(): Promise<Record<string, unknown>> {
    const { connectionString, endpoint, sourceNumber } = this.config;
    if (!connectionString && !endpoint) return { configured: false };
    await this.client.check();
    return { configured: true, outbound: sourceNumber !== '' };
  }
}
