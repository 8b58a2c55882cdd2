import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Chance } from '../../src/kernel/chance.js';
import { RedisServer, describeWithRedis, urlOf } from '../support/redis.js';
import { Replicas, type TestReplica, TestSession, recordLog, until } from '../support/replicas.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const ALWAYS_BELOW_MS = 2000;

describeWithRedis('Redis that goes away', () => {
  let redis: RedisServer;
  let proxy: TcpProxy;
  let log: string[];
  let a: TestReplica;
  let b: TestReplica;
  const replicas = new Replicas(() => redis.url);
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  beforeEach(async () => {
    log = recordLog();
    proxy = await TcpProxy.start(redis.port);
    a = await replicas.start({ redis: { url: urlOf(proxy.port), maxSessions: 10 } });
    b = await replicas.start({ redis: { maxSessions: 10 } });
  });
  afterEach(async () => {
    redis.thaw();
    await replicas.stop();
    await proxy.stop();
    await redis.restart();
  });
  afterAll(() => redis.stop());

  const isUp = ({ state }: TestReplica): Promise<boolean> =>
    state.check().then(
      () => true,
      () => false,
    );
  const knows = (replica: TestReplica, ...ids: string[]): Promise<void> =>
    until(`${ids.join(', ')} on ${replica.id}`, async () => {
      const { complete, sessions } = await replica.directory.list();
      return (
        complete &&
        sessions
          .map(({ session_id }) => session_id)
          .toSorted()
          .join() === ids.join()
      );
    });
  /** What was logged of outages, without figures. */
  const outages = (): string[] =>
    log
      .filter((line) => /is (away:|back after)/.test(line))
      .map((line) => (line.includes('is back after') ? 'back' : 'away'));

  async function measured(work: Promise<unknown>): Promise<{ ms: number; outcome: unknown }> {
    const startedAt = performance.now();
    const outcome = await work.then(
      () => 'done',
      (error: unknown) => (error as { code: string }).code,
    );
    return { ms: performance.now() - startedAt, outcome };
  }

  it('fails at once what needs it, goes on with the rest, and has everything again when it is back', async () => {
    const one = TestSession.begin('one', a);
    await knows(b, 'one');
    await redis.kill();
    await until('both know', async () => !(await isUp(a)) && !(await isUp(b)));
    for (const work of [
      a.state.store.get('x'),
      a.state.store.set('x', 'y', 1000),
      a.state.store.take('x'),
      b.directory.describe('one'),
      b.directory.hangUp('one'),
      a.state.check(),
    ]) {
      const { outcome, ms } = await measured(work);
      expect(outcome).toBe('state_unavailable');
      expect(ms).toBeLessThan(ALWAYS_BELOW_MS);
    }
    // What happens meanwhile is not queued, but not lost either.
    await one.close('hangup');
    const two = TestSession.begin('two', a);
    expect(await a.directory.list()).toEqual({ complete: false, sessions: [{ ...two.describe(), replica: a.id }] });
    await a.directory.describe('two');
    await redis.restart();
    for (const replica of [a, b]) await knows(replica, 'two');
    expect(await a.state.check()).toMatchObject({ configured: true });
    // Its connection for messages may be back a moment later.
    await until('it is hung up from there', async () => {
      await b.directory.hangUp('two').catch(() => undefined);
      return two.closedAs === 'operator';
    });
    expect(outages()).toEqual(['away', 'away', 'back', 'back']);
    expect(log.find((line) => line.includes('is back after'))).toMatch(
      /^redis:\/\/127\.0\.0\.1:\d+\/0 is back after \d+/,
    );
  });

  it('is not waited for when it does not answer, by whatever is asked of it', async () => {
    const one = TestSession.begin('one', a);
    await knows(b, 'one');
    redis.freeze();
    const works = [
      a.state.store.get('x'),
      a.state.check(),
      a.directory.list(),
      b.directory.hangUp('one'),
      a.slots.acquire(0, new AbortController().signal),
    ].map(measured);
    for (const { ms } of await Promise.all(works)) expect(ms).toBeLessThan(ALWAYS_BELOW_MS);
    await until('both know', async () => !(await isUp(a)) && !(await isUp(b)));
    const { ms, outcome } = await measured(a.state.store.get('x'));
    expect(outcome).toBe('state_unavailable');
    expect(ms).toBeLessThan(ALWAYS_BELOW_MS);
    expect(one.closedAs).toBeUndefined();
    redis.thaw();
    for (const replica of [a, b]) await knows(replica, 'one');
    expect(log.filter((line) => line.includes('no answer within'))).not.toEqual([]);
  });

  it('is noticed by the heartbeat when nothing is asked of it, and stopping does not wait for it', async () => {
    redis.freeze();
    await until('it is noticed', () => log.filter((line) => line.includes('is away')).length === 2);
    const { ms } = await measured(replicas.stop());
    expect(ms).toBeLessThan(ALWAYS_BELOW_MS);
  });

  describe('behind a network that', () => {
    it('breaks connections: they are made again, and nothing is missing', async () => {
      for (let round = 0; round < 5; round++) {
        TestSession.begin(`s${round}`, a);
        proxy.cut();
        await until('down', () => log.filter((line) => line.includes('is away')).length === round + 1);
        await until('up', () => isUp(a));
      }
      await knows(b, 's0', 's1', 's2', 's3', 's4');
      await b.directory.hangUp('s3');
      await knows(a, 's0', 's1', 's2', 's4');
      expect(outages()).toEqual(Array.from({ length: 5 }, () => ['away', 'back']).flat());
    });

    it('refuses them for a while: that is one outage, however often it is tried', async () => {
      proxy.refuse();
      const before = proxy.connections;
      await until('some attempts', () => proxy.connections > before + 4);
      expect(outages()).toEqual(['away']);
      proxy.heal();
      await until('up', () => isUp(a));
      expect(outages()).toEqual(['away', 'back']);
    });

    it.each([
      ['answers in another protocol', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
      ['sends noise', Buffer.from([0xff, 0x00, 0x17, 0x0d, 0x0a, 0x80, 0x2a, 0x24])],
      ['announces more than it sends', Buffer.from('$1048576\r\nabc')],
      ['answers what was not asked', Buffer.from(':1\r\n+OK\r\n*-1\r\n')],
      ['pushes messages that are none', Buffer.from('>1\r\n$-1\r\n>3\r\n$7\r\nmessage\r\n_\r\n_\r\n>0\r\n')],
      ['sends lists without end', Buffer.from('*1\r\n'.repeat(10_000))],
      ['announces impossible lengths', Buffer.from('*99999999999\r\n$-7\r\n%3\r\n')],
    ])('%s: there is never a crash, and all is well afterwards', async (_, garbage) => {
      const session = TestSession.begin('one', a);
      await knows(b, 'one');
      proxy.garble(garbage);
      for (let round = 0; round < 5; round++) {
        await measured(a.state.store.get('x'));
        await measured(a.directory.list());
        await measured(a.slots.acquire(0, new AbortController().signal).then((lease) => lease.release()));
      }
      proxy.inject(garbage);
      proxy.heal();
      proxy.cut();
      await until('up', () => isUp(a));
      await a.state.store.set('x', 'y', 10_000);
      expect(await a.state.store.get('x')).toBe('y');
      await knows(b, 'one');
      await b.directory.hangUp('one');
      expect(session.closedAs).toBe('operator');
      expect(log.join('\n')).not.toMatch(/[^\x20-\x7e\n]/);
    });

    it('answers at random: there is never a crash, and all is well afterwards', async () => {
      const chance = new Chance(4);
      const pieces = ['+', '-', ':', '$', '*', '>', '%', '~', '_', ',', '#', '(', '=', '!', '|', '0', '1', '3', '-1'];
      const words = ['\r\n', '\r\n', '\r\n', 'OK', 'message', 'subscribe', 'parley:to:', 'ERR no', '\r', '\n', '\x00'];
      const all = [...pieces, ...words];
      const random = (): Buffer =>
        Buffer.from(Array.from({ length: 12 }, () => all[Math.floor(chance.next() * all.length)]).join(''));
      for (let round = 0; round < 200; round++) {
        proxy.garble(random());
        proxy.inject(random());
        await Promise.all([a.state.store.get('x'), a.directory.list()].map(measured));
        if (round % 10 === 0) {
          proxy.heal();
          await until('up', () => isUp(a));
        }
      }
      proxy.heal();
      proxy.cut();
      await until('up', () => isUp(a));
      await a.state.store.set('x', 'y', 10_000);
      expect(await a.state.store.get('x')).toBe('y');
    });

    it('sends what nobody asked for: the connection is made again if it no longer makes sense', async () => {
      const garbage = Buffer.from('!garbage\r\n\x00\x01\x02');
      proxy.inject(garbage);
      await until(
        'up',
        async () =>
          (await a.state.store.get('x').then(
            () => true,
            () => false,
          )) && (await isUp(a)),
      );
      await a.state.store.set('x', 'y', 10_000);
      expect(await a.state.store.get('x')).toBe('y');
    });
  });

  it('takes no writes for a while: that is one outage too', async () => {
    const client = redis.look();
    await client.config('SET', 'maxmemory', '1');
    await until('away', () => outages().length === 2);
    expect((await measured(a.state.store.set('x', 'y', 1000))).outcome).toBe('state_unavailable');
    expect(log.find((line) => line.includes('is away'))).toContain('OOM command not allowed');
    await client.config('SET', 'maxmemory', '0');
    await until('back', async () => (await isUp(a)) && (await isUp(b)));
    expect(outages()).toEqual(['away', 'away', 'back', 'back']);
  });
});
