import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { diagnose } from '../../src/cli/doctor/diagnose.js';
import type { Finding } from '../../src/cli/doctor/finding.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { RedisServer, describeWithRedis } from '../support/redis.js';
import { faults } from './whole-deployment.js';

const LIMIT_MS = 30_000;
const DURABLE = ['--appendonly', 'yes'];

describeWithRedis('the doctor, of a Redis that is', () => {
  let primary: RedisServer;
  let other: RedisServer | undefined;
  beforeAll(async () => {
    primary = await RedisServer.start({ args: DURABLE });
  });
  afterEach(async () => {
    await other?.stop();
    other = undefined;
  });
  afterAll(() => primary.stop());

  async function said(args: readonly string[]): Promise<readonly Finding[] | undefined> {
    other = await RedisServer.start({ args: [...DURABLE, ...args] });
    return faults(await diagnose({ REDIS_URL: other.url }, new SystemClock(), ['redis']))['redis'];
  }

  const copy = (): readonly string[] => ['--replicaof', '127.0.0.1', String(primary.port)];

  it(
    'a read-only copy says that the primary is wanted',
    async () => {
      expect(await said(copy())).toEqual([
        {
          verdict: 'problem',
          says: expect.stringMatching(/^redis:\/\/127\.0\.0\.1:\d+\/0: it is a read-only copy \(tried 3 times/),
          settings: ['REDIS_URL'],
          advice: 'Name the primary in REDIS_URL: copies take no writes',
        },
      ]);
    },
    LIMIT_MS,
  );

  it(
    'a copy that takes writes says that they will be lost',
    async () => {
      expect(await said([...copy(), '--replica-read-only', 'no'])).toMatchObject([
        { verdict: 'problem', says: expect.stringContaining('a copy that takes writes'), advice: 'Name the primary' },
      ]);
    },
    LIMIT_MS,
  );

  it.each(['allkeys-lru', 'volatile-ttl'])(
    'to forget when it is full says what that costs: %s',
    async (policy) => {
      expect(await said(['--maxmemory', '100mb', '--maxmemory-policy', policy])).toMatchObject([
        {
          verdict: 'warning',
          says: expect.stringMatching(
            new RegExp(`^maxmemory-policy is ${policy}: when it is full it forgets sessions`),
          ),
          advice: 'Set maxmemory-policy noeviction',
        },
      ]);
    },
    LIMIT_MS,
  );

  it(
    'as it should be says nothing',
    async () => {
      expect(await said(['--maxmemory', '100mb', '--maxmemory-policy', 'noeviction'])).toBeUndefined();
    },
    LIMIT_MS,
  );
});
