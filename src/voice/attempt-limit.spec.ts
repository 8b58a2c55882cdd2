import { describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { ServerConfig } from '../config/server.config.js';
import { ManualClock } from '../kernel/clock.js';
import { AttemptLimit } from './attempt-limit.js';

const from = (remoteAddress: string): IncomingMessage =>
  ({ headers: {}, socket: { remoteAddress } }) as unknown as IncomingMessage;

function limitOf(upgradesPerMinute: number): { clock: ManualClock; limit: AttemptLimit } {
  const clock = new ManualClock();
  const config = Object.assign(new ServerConfig(), { upgradesPerMinute, trustProxy: false });
  return { clock, limit: new AttemptLimit(config, clock) };
}

describe('AttemptLimit', () => {
  it('refuses what is too many from one address, until the minute is over', async () => {
    const { clock, limit } = limitOf(2);
    expect([limit.count(from('a')), limit.exhausted(from('a')), limit.count(from('a'))]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    await clock.advance(15_000);
    expect(limit.exhausted(from('a'))).toMatchObject({ status: 429, retryAfterSeconds: 45 });
    expect(limit.count(from('a'))).toMatchObject({ status: 429, code: 'rate_limited', retryAfterSeconds: 45 });
    expect(limit.count(from('b'))).toBeUndefined();
    await clock.advance(45_000);
    expect([limit.exhausted(from('a')), limit.count(from('a'))]).toEqual([undefined, undefined]);
  });

  it('sets no limit with 0', () => {
    const { limit } = limitOf(0);
    for (let attempt = 0; attempt < 100; attempt++) expect(limit.count(from('a'))).toBeUndefined();
    expect(limit.exhausted(from('a'))).toBeUndefined();
  });
});
