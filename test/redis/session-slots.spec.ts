import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { ManualClock } from '../../src/kernel/clock.js';
import type { SlotLease } from '../../src/state/session-slots.js';
import { RedisServer, describeWithRedis } from '../support/redis.js';
import { Replicas, type TestReplica, recordLog, until } from '../support/replicas.js';

const never = new AbortController().signal;

describeWithRedis('session slots of several replicas', () => {
  let redis: RedisServer;
  let log: string[];
  const replicas = new Replicas(() => redis.url);
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  beforeEach(() => {
    log = recordLog();
  });
  afterEach(async () => {
    redis.thaw();
    await redis.restart();
    await replicas.stop();
  });
  afterAll(() => redis.stop());

  const start = (maxSessions: number, capacity = 100): Promise<TestReplica> =>
    replicas.start({ redis: { maxSessions }, capacity });
  const take = ({ slots }: TestReplica): Promise<SlotLease> => slots.acquire(0, never);
  const refused = { code: 'at_capacity', retryable: true };
  const isUp = ({ state }: TestReplica): Promise<boolean> =>
    state.check().then(
      () => true,
      () => false,
    );
  /** What Redis says that each holds. */
  const counted = async (): Promise<number[]> =>
    Object.values(await redis.look().hgetall('parley:slots'))
      .map((entry) => Number.parseInt(entry))
      .toSorted((one, other) => one - other);

  it('are no more than there may be, wherever they are asked for', async () => {
    const [a, b] = [await start(3), await start(3)];
    const leases = [await take(a), await take(b), await take(a)];
    await expect(take(a)).rejects.toMatchObject(refused);
    await expect(take(b)).rejects.toMatchObject(refused);
    leases[0]!.release();
    const fourth = await b.slots.acquire(5000, never);
    await expect(take(a)).rejects.toMatchObject(refused);
    expect([a.slots.active, b.slots.active]).toEqual([1, 2]);
    await until('renewed', async () => (await a.state.check()).replicas === 2);
    expect(await a.state.check()).toMatchObject({ cluster_sessions: 3, max_cluster_sessions: 3 });
    for (const lease of [...leases, fourth]) lease.release();
    await until('none is held', async () => (await counted()).every((count) => count === 0));
    await take(a);
  });

  it('are no more than there may be when all ask at once', async () => {
    const all = await Promise.all([start(20), start(20), start(20)]);
    const asked = all.flatMap((replica) => Array.from({ length: 15 }, () => take(replica)));
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
    expect(all.reduce((sum, { slots }) => sum + slots.active, 0)).toBe(20);
  });

  it('are also bounded by what each replica can hold', async () => {
    const [a, b] = [await start(10, 2), await start(10, 2)];
    for (const replica of [a, b]) {
      await take(replica);
      await take(replica);
      await expect(take(replica)).rejects.toMatchObject(refused);
    }
  });

  it('go to who has waited longest on a replica, when another has one to spare', async () => {
    const [a, b] = [await start(2), await start(2)];
    const held = [await take(a), await take(a)];
    const order: string[] = [];
    const first = b.slots.acquire(10_000, never).then((lease) => (order.push('first'), lease));
    const second = b.slots.acquire(10_000, never).then((lease) => (order.push('second'), lease));
    await until('both wait', () => b.slots.waiting === 2);
    await expect(take(b)).rejects.toMatchObject(refused);
    held[0]!.release();
    await first;
    expect(order).toEqual(['first']);
    held[1]!.release();
    await second;
    expect(order).toEqual(['first', 'second']);
    expect(b.slots.waiting).toBe(0);
  });

  it('are known to be taken before anybody asks', async () => {
    const [a, b] = [await start(2), await start(2)];
    await take(a);
    await take(a);
    await until('b knows', () => b.slots.capacity === 0);
    expect(a.slots.capacity).toBe(2);
  });

  it('of a replica that has died are free when its lease is over', async () => {
    const dead = await replicas.start({ redis: { maxSessions: 1 }, clock: new ManualClock() });
    await take(dead);
    const b = await start(1);
    await expect(take(b)).rejects.toMatchObject(refused);
    await b.slots.acquire(10_000, never);
  });

  it('go on as they were shared while Redis is away, and are counted again afterwards', async () => {
    const [a, b] = [await start(4), await start(4)];
    const leases = [await take(a), await take(a), await take(b)];
    // Both know of each other.
    await until('renewed', async () => a.slots.capacity === 3 && b.slots.capacity === 2);
    await redis.kill();
    await until('down', async () => !(await isUp(a)) && !(await isUp(b)));
    // What the other had left of 4, or half of them.
    leases.push(await take(a), await take(b));
    await expect(take(a)).rejects.toMatchObject(refused);
    await expect(take(b)).rejects.toMatchObject(refused);
    leases[0]!.release();
    leases[1]!.release();
    await take(a);
    await redis.restart();
    await until('up', async () => (await isUp(a)) && (await isUp(b)));
    await until('counted', async () => (await counted()).join() === '2,2');
    await expect(take(a)).rejects.toMatchObject(refused);
    expect(log.filter((line) => line.includes('slots'))).toEqual([]);
  });

  it('are never refused to the one replica that there is because Redis is away; its own limit holds', async () => {
    const a = await start(50, 3);
    await redis.kill();
    await until('down', async () => !(await isUp(a)));
    for (let held = 0; held < 3; held++) await take(a);
    await expect(take(a)).rejects.toMatchObject(refused);
  });

  it('leave an equal part to a replica that had none when Redis went away', async () => {
    const [a, b] = [await start(4), await start(4)];
    for (let held = 0; held < 4; held++) await take(a);
    await until('b knows', () => b.slots.capacity === 0);
    await redis.kill();
    await until('down', async () => !(await isUp(b)));
    await take(b);
    await take(b);
    await expect(take(b)).rejects.toMatchObject(refused);
    await redis.restart();
    // Nobody is cut off; there are no more until there are less than 4.
    await until('counted', async () => (await counted()).join() === '2,4');
    await expect(take(b)).rejects.toMatchObject(refused);
  });

  it('hang nowhere while Redis is frozen, and are right when it goes on', async () => {
    const a = await start(3);
    const lease = await take(a);
    redis.freeze();
    const [second, third] = await Promise.all([take(a), take(a)]);
    await expect(take(a)).rejects.toMatchObject(refused);
    lease.release();
    redis.thaw();
    await until('counted', async () => (await isUp(a)) && (await counted()).join() === '2');
    second.release();
    third.release();
    await until('counted', async () => (await counted()).join() === '0');
  });

  it('are counted right in spite of rubbish', async () => {
    const [a, b] = [await start(2), await start(2)];
    await take(a);
    const client = redis.look();
    const far = Date.now() + 10 ** 12;
    await client.hset('parley:slots', { x: 'rubbish', y: '', z: `9:1:${far}`, old: '9:1:1000' });
    await take(b);
    await expect(take(b)).rejects.toMatchObject(refused);
    await client.hset('parley:slots', { [a.id]: 'rubbish' });
    await until('counted', async () => (await counted()).join() === '1,1');
    await client.set('parley:slots', 'no hash');
    await until('counted', async () => {
      const kind = await client.type('parley:slots');
      return kind === 'hash' && (await counted()).join() === '1,1';
    });
    expect((await client.hkeys('parley:slots')).toSorted()).toEqual([a.id, b.id].toSorted());
  });

  it('are none lost or made up, whatever happens in which order', async () => {
    const all = await Promise.all([start(6, 5), start(6, 5), start(6, 5)]);
    const held: SlotLease[] = [];
    const callers: AbortController[] = [];
    const under: Promise<unknown>[] = [];
    const total = (): number => all.reduce((sum, { slots }) => sum + slots.active, 0);
    for (let round = 0; round < 600; round++) {
      const replica = all[round % 3]!;
      if (round % 7 < 4) {
        const caller = new AbortController();
        callers.push(caller);
        const asked = replica.slots.acquire([0, 20, 500][round % 5] ?? 0, caller.signal);
        under.push(
          asked.then(
            (lease) => held.push(lease),
            () => undefined,
          ),
        );
      } else if (round % 11 === 0) callers.shift()?.abort(new Error('gone'));
      else held.shift()?.release();
      if (round % 4 === 0) await new Promise((resolve) => setImmediate(resolve));
      expect(held.length).toBeLessThanOrEqual(6);
    }
    await Promise.all(under);
    // A question to which the answer is of no use any more may still be under way.
    await until('all answered', () => total() === held.length);
    for (const lease of held) lease.release();
    await until('all given back', async () => total() === 0 && (await counted()).every((count) => count === 0));
    expect(all.map(({ slots }) => slots.waiting)).toEqual([0, 0, 0]);
  });
});
