import { Injectable } from '@nestjs/common';
import { LimitsConfig } from '../config/limits.config.js';
import { Clock } from '../kernel/clock.js';
import { type Principal, credentialOf } from './principal.js';
import { RateWindows } from './rate-windows.js';

/** Who is counted: a credential, or, without a subject, its tenant only. */
export interface Counted {
  readonly tenant: string;
  readonly subject: string | undefined;
  readonly via?: string;
}

/** How often a credential, and a tenant, may ask for something. Each replica counts for itself. */
@Injectable()
export class RequestLimits {
  private readonly requests: RateWindows;
  private readonly tenantRequests: RateWindows;
  private readonly calls: RateWindows;
  private readonly tenantCalls: RateWindows;

  constructor(config: LimitsConfig, clock: Clock) {
    this.requests = new RateWindows(config.requestsPerMinute, clock);
    this.tenantRequests = new RateWindows(config.tenantRequestsPerMinute, clock);
    this.calls = new RateWindows(config.callsPerMinute, clock);
    this.tenantCalls = new RateWindows(config.tenantCallsPerMinute, clock);
  }

  /** One more API request. Returns after how many seconds to come again, if it is one too many. */
  request(asker: Principal): number | undefined {
    return this.count(asker, this.requests, this.tenantRequests);
  }

  /** The same for a new call. */
  call(caller: Counted): number | undefined {
    return this.count(caller, this.calls, this.tenantCalls);
  }

  private count({ tenant, subject, via }: Counted, own: RateWindows, shared: RateWindows): number | undefined {
    // What one credential has too many of does not use up what the others of its tenant have.
    const leftMs =
      (subject === undefined
        ? undefined
        : own.count(`${tenant} ${credentialOf({ subject, ...(via !== undefined && { via }) })}`)) ??
      shared.count(tenant);
    return leftMs === undefined ? undefined : Math.max(1, Math.ceil(leftMs / 1000));
  }
}
