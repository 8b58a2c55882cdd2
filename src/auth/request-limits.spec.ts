import { describe, expect, it } from '@jest/globals';
import { LimitsConfig } from '../config/limits.config.js';
import { ManualClock } from '../kernel/clock.js';
import { RequestLimits } from './request-limits.js';

const none = { requestsPerMinute: 0, tenantRequestsPerMinute: 0, callsPerMinute: 0, tenantCallsPerMinute: 0 };
const anna = { tenant: 'acme', subject: 'anna', role: 'operator' } as const;
const ben = { tenant: 'acme', subject: 'ben', role: 'operator' } as const;
const eve = { tenant: 'evil', subject: 'anna', role: 'operator' } as const;

function limitsOf(config: Partial<LimitsConfig>) {
  const clock = new ManualClock();
  return { clock, limits: new RequestLimits(Object.assign(new LimitsConfig(), none, config), clock) };
}

describe('limits of requests and calls', () => {
  it('count each credential for itself, and those of other tenants apart', async () => {
    const { clock, limits } = limitsOf({ requestsPerMinute: 2 });
    expect([limits.request(anna), limits.request(anna)]).toEqual([undefined, undefined]);
    await clock.advance(20_000);
    expect(limits.request(anna)).toBe(40);
    expect([limits.request(ben), limits.request(eve)]).toEqual([undefined, undefined]);
    await clock.advance(40_000);
    expect(limits.request(anna)).toBeUndefined();
  });

  it('count a tenant over all its credentials, but not what was too much for one of them', () => {
    const { limits } = limitsOf({ callsPerMinute: 2, tenantCallsPerMinute: 3 });
    expect([1, 2, 3, 4].map(() => limits.call(anna))).toEqual([undefined, undefined, 60, 60]);
    expect([limits.call(ben), limits.call(ben)]).toEqual([undefined, 60]);
    expect(limits.call(eve)).toBeUndefined();
  });

  it('count calls without a credential with their tenant', () => {
    const { limits } = limitsOf({ callsPerMinute: 1, tenantCallsPerMinute: 2 });
    const brought = { tenant: 'acme', subject: undefined };
    expect([1, 2, 3].map(() => limits.call(brought))).toEqual([undefined, undefined, 60]);
  });

  it('count a token for a page as its maker’s, whatever it is called', () => {
    const { limits } = limitsOf({ callsPerMinute: 1 });
    const page = { ...anna, role: 'caller', via: 'token:shop' } as const;
    expect([limits.call(page), limits.call(page)]).toEqual([undefined, 60]);
    expect(limits.call(anna)).toBeUndefined();
  });

  it('count requests and calls apart, and nothing with 0', () => {
    const { limits } = limitsOf({ requestsPerMinute: 1 });
    for (let call = 0; call < 100; call++) expect(limits.call(anna)).toBeUndefined();
    expect([limits.request(anna), limits.request(anna)]).toEqual([undefined, 60]);
  });
});
