import { describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { ServerConfig } from '../config/server.config.js';
import { ManualClock } from '../kernel/clock.js';
import { AttemptLimit } from './attempt-limit.js';

const from = (remoteAddress: string, forwardedFor?: string): IncomingMessage =>
  ({ headers: { 'x-forwarded-for': forwardedFor }, socket: { remoteAddress } }) as unknown as IncomingMessage;

function limitOf(upgradesPerMinute: number, trustProxy = false): { clock: ManualClock; limit: AttemptLimit } {
  const clock = new ManualClock();
  const config = Object.assign(new ServerConfig(), { upgradesPerMinute, trustProxy });
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

  it('counts by the address that the proxy in front has added, whatever the client says before it', () => {
    const { limit } = limitOf(1, true);
    expect(limit.count(from('proxy', '54.172.60.1, 6.6.6.6'))).toBeUndefined();
    for (const forged of [
      '6.6.6.6',
      '1.1.1.1,6.6.6.6',
      '54.172.60.1, 7.7.7.7 , 6.6.6.6 ',
      '6.6.6.6:1234',
      'x,6.6.6.6:9',
    ])
      expect(limit.count(from('proxy', forged))).toMatchObject({ status: 429 });
    expect(limit.count(from('proxy', '54.172.60.1'))).toBeUndefined();
  });

  it.each([
    ['2001:db8::1', '[2001:db8::1]:4711'],
    ['2001:db8::1', '[2001:db8::1]'],
    ['::ffff:6.6.6.6', 'unknown, ::ffff:6.6.6.6'],
  ])('knows %s as %s', (address, spelling) => {
    const { limit } = limitOf(1, true);
    expect(limit.count(from('proxy', address))).toBeUndefined();
    expect(limit.count(from('proxy', spelling))).toMatchObject({ status: 429 });
  });

  it.each([undefined, '', ' ', '6.6.6.6,'])(
    'counts by the connection where a trusted proxy says %j',
    (forwardedFor) => {
      const { limit } = limitOf(1, true);
      expect(limit.count(from('proxy', forwardedFor))).toBeUndefined();
      expect(limit.count(from('proxy'))).toMatchObject({ status: 429 });
    },
  );

  it('does not believe the header without a trusted proxy', () => {
    const { limit } = limitOf(1);
    expect(limit.count(from('a', '1.1.1.1'))).toBeUndefined();
    expect(limit.count(from('a', '2.2.2.2'))).toMatchObject({ status: 429 });
    expect(limit.count(from('b', '1.1.1.1'))).toBeUndefined();
  });

  it('counts an IPv6 network as one: nobody has more attempts for having many addresses', () => {
    const { limit } = limitOf(3);
    const tried = Array.from({ length: 20_000 }, (_, host) => limit.count(from(`2001:db8:0:7::${host.toString(16)}`)));
    expect(tried.filter((refusal) => refusal === undefined)).toHaveLength(3);
    expect(limit.count(from('2001:db8:0:8::1'))).toBeUndefined();
  });

  it('sets no limit with 0', () => {
    const { limit } = limitOf(0);
    for (let attempt = 0; attempt < 100; attempt++) expect(limit.count(from('a'))).toBeUndefined();
    expect(limit.exhausted(from('a'))).toBeUndefined();
  });
});
