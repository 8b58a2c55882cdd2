import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../src/kernel/clock.js';
import { ParleyError } from '../../src/kernel/errors.js';
import { RedisServer, describeWithRedis } from '../support/redis.js';
import { Replicas, type TestReplica, TestSession, recordLog, until } from '../support/replicas.js';

describeWithRedis('sessions of several replicas', () => {
  let redis: RedisServer;
  const replicas = new Replicas(() => redis.url);
  let log: string[];
  beforeAll(async () => {
    redis = await RedisServer.start();
    log = recordLog();
  });
  afterEach(async () => {
    await replicas.stop();
    await redis.look().flushall();
  });
  afterAll(() => redis.stop());

  const idsOn = async ({ directory }: TestReplica): Promise<string[]> =>
    (await directory.list()).sessions.map(({ session_id }) => session_id).toSorted();
  const knows = (replica: TestReplica, ...ids: string[]): Promise<void> =>
    until(`${ids.join(', ')} on ${replica.id}`, async () => (await idsOn(replica)).join() === ids.join());

  it('are listed on each, with the replica that has them, until they end', async () => {
    const [a, b] = [await replicas.start(), await replicas.start()];
    const one = TestSession.begin('one', a);
    const two = TestSession.begin('two', b);
    for (const replica of [a, b]) await knows(replica, 'one', 'two');
    const { complete, sessions } = await a.directory.list();
    expect(complete).toBe(true);
    expect(sessions).toEqual([
      { ...one.describe(), replica: a.id },
      { ...two.describe(), replica: b.id },
    ]);
    await two.close('hangup');
    await knows(a, 'one');
    await one.close('hangup');
    await knows(b);
  });

  it('are described as they are now, and hung up, from any replica', async () => {
    const [a, b] = [await replicas.start(), await replicas.start()];
    const one = TestSession.begin('one', a);
    await knows(b, 'one');
    one.turns = 7;
    expect(await b.directory.describe('one')).toEqual({ ...one.describe(), replica: a.id });
    await b.directory.hangUp('one');
    expect(one.closedAs).toBe('operator');
    await knows(b);
    await expect(b.directory.describe('one')).rejects.toMatchObject({ code: 'not_found' });
    await expect(b.directory.hangUp('one')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('show how they are doing at each renewal', async () => {
    const [a, b] = [await replicas.start(), await replicas.start()];
    const one = TestSession.begin('one', a);
    await knows(b, 'one');
    one.turns = 3;
    await until('three turns', async () => (await b.directory.list()).sessions[0]?.turns === 3);
  });

  it('vanish with their lease when their replica no longer renews it, and leave nothing', async () => {
    const dead = await replicas.start({ clock: new ManualClock() });
    const b = await replicas.start();
    TestSession.begin('one', dead);
    await knows(b, 'one');
    await knows(b);
    await until('only b', async () => (await redis.look().zrange('parley:replicas', '0', '-1')).join() === b.id);
    expect(await redis.look().keys('parley:sessions:*')).toEqual([]);
    expect(await b.state.check()).toMatchObject({ configured: true, replicas: 1 });
  });

  it('leave nothing at all when the last replica is gone, killed or stopped', async () => {
    const client = redis.look();
    const dead = await replicas.start({ clock: new ManualClock(), redis: { maxSessions: 5 } });
    TestSession.begin('one', dead);
    await dead.slots.acquire(0, new AbortController().signal);
    await until(
      'three keys',
      async () => (await client.keys('*')).filter((key) => !key.includes('probe')).length === 3,
    );
    await until('no key', async () => (await client.keys('*')).length === 0);
    const stopped = await replicas.start({ redis: { maxSessions: 5, leaseMs: 600_000 } });
    TestSession.begin('two', stopped);
    await until('its session', async () => (await client.keys('parley:sessions:*')).length === 1);
    await stopped.state.stop();
    expect((await client.keys('*')).filter((key) => !key.includes('probe'))).toEqual([]);
  });

  it('are each written once however fast they come and go', async () => {
    const [a, b] = [await replicas.start(), await replicas.start()];
    for (let round = 0; round < 500; round++) {
      const session = TestSession.begin(`s${round}`, a);
      if (round !== 250) await session.close('hangup');
    }
    await knows(b, 's250');
    expect(await redis.look().hkeys(`parley:sessions:${a.id}`)).toEqual(['s250']);
  });

  describe('messages', () => {
    it('reach the handler where the session is, and nobody else', async () => {
      const [a, b, c] = [await replicas.start(), await replicas.start(), await replicas.start()];
      const heard: unknown[] = [];
      for (const { id, directory } of [a, b, c]) {
        directory.handle('whisper', (session, body) => {
          heard.push([id, session.id, body]);
          return Promise.resolve({ understood: true });
        });
      }
      TestSession.begin('one', a);
      await knows(b, 'one');
      expect(await b.directory.send('one', 'whisper', { text: 'hold on' })).toEqual({ understood: true });
      expect(await a.directory.send('one', 'whisper', null)).toEqual({ understood: true });
      expect(heard).toEqual([
        [a.id, 'one', { text: 'hold on' }],
        [a.id, 'one', null],
      ]);
      const channels = (await redis.look().pubsub('CHANNELS', '*')) as string[];
      expect(channels.toSorted()).toEqual([a, b, c].map(({ id }) => `parley:to:${id}`).toSorted());
    });

    it('bring back what went wrong, without what is nobody else’s business', async () => {
      const [a, b] = [await replicas.start(), await replicas.start()];
      TestSession.begin('one', a);
      await knows(b, 'one');
      a.directory.handle('busy', () => Promise.reject(new ParleyError('overloaded', 'not now', true)));
      a.directory.handle('broken', () => {
        throw new Error('the password is swordfish');
      });
      await expect(b.directory.send('one', 'busy')).rejects.toMatchObject({
        code: 'overloaded',
        message: 'not now',
        retryable: true,
      });
      await expect(b.directory.send('one', 'broken')).rejects.toMatchObject({
        code: 'internal',
        message: 'The other replica failed',
      });
      await expect(b.directory.send('one', 'unheard of')).rejects.toMatchObject({ code: 'unsupported' });
    });

    it('that are not answered in time are a timeout; those to a replica that is gone are known to be at once', async () => {
      const [a, b] = [await replicas.start(), await replicas.start({ redis: { answerTimeoutMs: 100 } })];
      TestSession.begin('one', a);
      await knows(b, 'one');
      a.directory.handle('ponder', () => new Promise(() => undefined));
      await expect(b.directory.send('one', 'ponder')).rejects.toMatchObject({ code: 'timeout', retryable: true });
      const client = redis.look();
      await client.hset('parley:sessions:gone', 'two', JSON.stringify({ ...summary, session_id: 'two' }));
      await client.zadd('parley:replicas', Date.now() + 60_000, 'gone');
      await expect(b.directory.send('two', 'ponder')).rejects.toMatchObject({
        code: 'state_unavailable',
        message: expect.stringContaining('gone does not listen'),
      });
    });

    it('are answered before their replica is gone, so that nobody waits for one that has stopped', async () => {
      const [a, b] = [await replicas.start(), await replicas.start({ clock: new ManualClock() })];
      TestSession.begin('one', a);
      await knows(b, 'one');
      const { promise: isAsked, resolve: asked } = Promise.withResolvers<void>();
      a.directory.handle('ponder', () => {
        asked();
        return new Promise(() => undefined);
      });
      const answer = b.directory.send('one', 'ponder');
      await isAsked;
      await Promise.all([
        a.state.stop(),
        expect(answer).rejects.toMatchObject({ code: 'state_unavailable', message: expect.stringContaining(a.id) }),
      ]);
    });

    it('that come while their replica stops are answered, or known to reach nobody', async () => {
      const [a, b] = [await replicas.start(), await replicas.start({ clock: new ManualClock() })];
      a.directory.handle('whisper', () => 'heard');
      const request = { session: 'one', type: 'whisper', body: null };
      TestSession.begin('one', a);
      const stopped = a.state.stop();
      let said: unknown;
      do {
        said = await b.state.peers.ask(a.id, request).catch((error: unknown) => (error as ParleyError).code);
      } while (said === 'heard');
      expect(said).toBe('state_unavailable');
      await stopped;
    });

    it('that are none of ours are dropped', async () => {
      const [a, b] = [await replicas.start(), await replicas.start()];
      TestSession.begin('one', a);
      await knows(b, 'one');
      const client = redis.look();
      const rubbish = ['', '{', 'null', '[]', '{"re":1}', '{"re":"nobody","body":1}', 'x'.repeat(2_000_000)];
      const requests = ['{"ask":"1","from":"","session":"one","type":"hang_up"}', '{"ask":"1","session":"one"}'];
      for (const text of [...rubbish, ...requests]) await client.publish(`parley:to:${a.id}`, text);
      expect(await b.directory.describe('one')).toMatchObject({ session_id: 'one', replica: a.id });
      // However many there were.
      expect(log.filter((line) => line.includes('none of ours'))).toHaveLength(1);
    });
  });

  it('of which rubbish is in Redis are not shown, and the rest is', async () => {
    const [a, b] = [await replicas.start(), await replicas.start()];
    TestSession.begin('one', a);
    await knows(b, 'one');
    const client = redis.look();
    const entries = { two: '{', three: 'null', four: '{"session_id":"four"}', five: JSON.stringify(summary), six: '' };
    await client.hset('parley:sessions:x', entries);
    await client.set('parley:sessions:y', 'no hash');
    await client.zadd('parley:replicas', Date.now() + 60_000, 'x', Date.now() + 60_000, 'y', Date.now() + 60_000, '');
    expect(await idsOn(b)).toEqual(['one']);
    await expect(b.directory.describe('two')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('are whole again when somebody has put something else in their place', async () => {
    const [a, b] = [await replicas.start(), await replicas.start()];
    TestSession.begin('one', a);
    await knows(b, 'one');
    const client = redis.look();
    await client.set('parley:replicas', 'no sorted set');
    await client.set(`parley:sessions:${a.id}`, 'no hash');
    TestSession.begin('two', a);
    await knows(b, 'one', 'two');
    await client.flushall();
    await knows(b, 'one', 'two');
  });
});

const summary = {
  session_id: 'another',
  tenant: 'acme',
  agent: 'concierge',
  scenario: 'banking',
  started_at: '2026-11-20T10:00:00.000Z',
  duration_ms: 1,
  turns: 1,
  state: 'IDLE',
  active_tasks: {},
};
