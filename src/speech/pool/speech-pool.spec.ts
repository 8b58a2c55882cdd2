import { afterEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { Aborted } from '../../kernel/abort.js';
import { ManualClock } from '../../kernel/clock.js';
import { OWN_USE } from './own-use.js';
import { SpeechPool, type Lease, type SpeechPoolOptions } from './speech-pool.js';

interface Item {
  readonly id: number;
}

const never = new AbortController().signal;
const opened: SpeechPool<Item>[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((pool) => pool.close()));
});

/** Builds items at once, unless told to fail or to wait. */
class Workshop {
  readonly clock = new ManualClock();
  readonly built: Item[] = [];
  readonly disposed: Item[] = [];
  readonly held: { finish: () => void; fail: () => void }[] = [];
  failures = 0;
  isHolding = false;

  pool(options: Partial<SpeechPoolOptions<Item>> = {}): SpeechPool<Item> {
    const pool = new SpeechPool<Item>({
      name: 'recogniser',
      create: () => this.create(),
      dispose: async (item) => void this.disposed.push(item),
      warmSize: 2,
      maxSize: 4,
      maxWaiting: 3,
      createTimeoutMs: 1000,
      clock: this.clock,
      ...options,
    });
    opened.push(pool);
    return pool;
  }

  private create(): Promise<Item> {
    if (this.failures > 0) {
      this.failures--;
      return Promise.reject(new Error('the model is missing'));
    }
    const build = (): Item => {
      const item = { id: this.built.length };
      this.built.push(item);
      return item;
    };
    if (!this.isHolding) return Promise.resolve(build());
    return new Promise((resolve, reject) => {
      this.held.push({ finish: () => resolve(build()), fail: () => reject(new Error('the model is missing')) });
    });
  }
}

const take = (pool: SpeechPool<Item>, session: string, timeoutMs = 5000, signal = never): Promise<Lease<Item>> =>
  pool.acquire(session, { timeoutMs, signal });

describe('speech pool', () => {
  it('serves from the warm set and fills it up again', async () => {
    const workshop = new Workshop();
    const pool = workshop.pool();
    await pool.start(never);
    expect(pool.snapshot()).toMatchObject({ ready: true, warm_pool_size: 2, in_use: 0 });

    const lease = await take(pool, 'a');
    await workshop.clock.advance(0);
    expect(lease.tier).toBe('warm');
    expect(pool.snapshot()).toMatchObject({ warm_pool_size: 2, in_use: 1, active_sessions: 1 });
    expect(workshop.built).toHaveLength(3);
  });

  it('gives a session what it had before, as long as nobody else needs it', async () => {
    const workshop = new Workshop();
    const pool = workshop.pool({ warmSize: 1, maxSize: 1 });
    await pool.start(never);
    const first = await take(pool, 'a');
    first.release();
    const second = await take(pool, 'a');
    expect(second).toMatchObject({ tier: 'dedicated', resource: first.resource });
    second.release();
    expect((await take(pool, 'b')).tier).toBe('warm');
    expect(pool.snapshot().metrics).toMatchObject({
      allocations_total: 3,
      allocations_dedicated: 1,
      allocations_warm: 2,
      allocations_cold: 0,
    });
  });

  it('counts what callers get, and not what it is warmed up and probed with', async () => {
    const workshop = new Workshop();
    const pool = workshop.pool({ warmSize: 1, maxSize: 1, maxWaiting: 0 });
    await pool.start(never);
    const lease = await take(pool, OWN_USE.warmUp);
    await expect(take(pool, OWN_USE.probe)).rejects.toMatchObject({ code: 'at_capacity' });
    await expect(take(pool, 'a')).rejects.toMatchObject({ code: 'at_capacity' });
    lease.release();
    pool.endSession(OWN_USE.warmUp);
    await take(pool, 'b');
    expect(pool.snapshot().metrics).toMatchObject({ allocations_total: 1, allocations_warm: 1, rejected: 1 });
  });

  it('builds on demand beyond the warm set, and lets the surplus go when sessions end', async () => {
    const workshop = new Workshop();
    const pool = workshop.pool({ warmSize: 0, maxSize: 3 });
    await pool.start(never);
    const leases = await Promise.all(['a', 'b', 'c'].map((session) => take(pool, session)));
    expect(leases.map((lease) => lease.tier)).toEqual(['cold', 'cold', 'cold']);
    for (const lease of leases) lease.release();
    expect(workshop.disposed).toHaveLength(0);
    for (const session of ['a', 'b', 'c']) pool.endSession(session);
    expect(workshop.disposed).toHaveLength(3);
    expect(pool.snapshot()).toMatchObject({ warm_pool_size: 0, active_sessions: 0 });
  });

  it('lets requests wait in order, refuses those beyond the queue, and those that waited too long', async () => {
    const workshop = new Workshop();
    const pool = workshop.pool({ warmSize: 1, maxSize: 1, maxWaiting: 2 });
    await pool.start(never);
    const lease = await take(pool, 'a');
    const early = take(pool, 'b', 9000);
    const late = take(pool, 'c', 3000);
    await expect(take(pool, 'd')).rejects.toMatchObject({ code: 'at_capacity', retryable: true });
    const lateOutcome = expect(late).rejects.toMatchObject({ code: 'timeout', retryable: true });
    await workshop.clock.advance(3000);
    await lateOutcome;
    lease.release();
    expect((await early).resource).toBe(lease.resource);
    expect(pool.snapshot()).toMatchObject({ waiting: 0, metrics: { rejected: 1, wait_timeouts: 1 } });
  });

  it('lets go of a request whose signal aborts', async () => {
    const workshop = new Workshop();
    const pool = workshop.pool({ warmSize: 1, maxSize: 1 });
    await pool.start(never);
    const lease = await take(pool, 'a');
    const controller = new AbortController();
    const waiting = take(pool, 'b', 5000, controller.signal);
    controller.abort(new Aborted('hangup'));
    await expect(waiting).rejects.toMatchObject({ kind: 'hangup' });
    await expect(take(pool, 'b', 5000, controller.signal)).rejects.toMatchObject({ kind: 'hangup' });
    lease.release();
    expect(pool.snapshot()).toMatchObject({ waiting: 0, in_use: 0 });
  });

  it('takes a lease back once, however often it is returned', async () => {
    const workshop = new Workshop();
    const pool = workshop.pool({ warmSize: 1, maxSize: 1 });
    await pool.start(never);
    const first = await take(pool, 'a');
    first.release();
    const second = await take(pool, 'b');
    first.release();
    first.discard();
    expect(pool.snapshot().in_use).toBe(1);
    expect(workshop.disposed).toHaveLength(0);
    second.release();
  });

  it('replaces what comes back broken', async () => {
    const workshop = new Workshop();
    const pool = workshop.pool({ warmSize: 1, maxSize: 1 });
    await pool.start(never);
    const lease = await take(pool, 'a');
    const waiting = take(pool, 'b');
    lease.discard();
    expect((await waiting).resource).not.toBe(lease.resource);
    expect(workshop.disposed).toEqual([lease.resource]);
  });

  it('becomes ready without its warm set, and tries again with growing pauses', async () => {
    const workshop = new Workshop();
    workshop.failures = 4;
    const pool = workshop.pool();
    await pool.start(never);
    expect(pool.snapshot()).toMatchObject({
      ready: true,
      warm_pool_size: 0,
      background_warmup: true,
      metrics: { warmup_failures: 2, last_warmup_error: 'the model is missing' },
    });
    await workshop.clock.advance(500);
    expect(pool.snapshot()).toMatchObject({ warm_pool_size: 0, metrics: { warmup_failures: 4, warmup_retries: 1 } });
    await workshop.clock.advance(999);
    expect(pool.snapshot().warm_pool_size).toBe(0);
    await workshop.clock.advance(1);
    expect(pool.snapshot()).toMatchObject({
      warm_pool_size: 2,
      background_warmup: false,
      metrics: { warmup_retries: 2 },
    });
  });

  it('rejects the request it could not build for', async () => {
    const workshop = new Workshop();
    const pool = workshop.pool({ warmSize: 0 });
    await pool.start(never);
    workshop.failures = 1;
    await expect(take(pool, 'a')).rejects.toMatchObject({ code: 'build_failed', retryable: true });
    expect((await take(pool, 'a')).tier).toBe('cold');
  });

  it('gives up on a build that hangs, and disposes of what comes late', async () => {
    const workshop = new Workshop();
    workshop.isHolding = true;
    const pool = workshop.pool({ warmSize: 1, maxSize: 1 });
    const started = pool.start(never);
    await workshop.clock.advance(1000);
    await started;
    expect(pool.snapshot()).toMatchObject({ ready: true, warm_pool_size: 0, metrics: { warmup_failures: 1 } });
    workshop.held[0]!.finish();
    await workshop.clock.advance(0);
    expect(workshop.disposed).toHaveLength(1);
    expect(pool.snapshot().warm_pool_size).toBe(0);
  });

  it('stops starting when it is told to', async () => {
    const workshop = new Workshop();
    workshop.isHolding = true;
    const controller = new AbortController();
    const started = workshop.pool().start(controller.signal);
    controller.abort(new Aborted('shutdown'));
    await expect(started).rejects.toMatchObject({ kind: 'shutdown' });
  });

  it('drains: nobody new, those who have something finish', async () => {
    const workshop = new Workshop();
    const pool = workshop.pool({ warmSize: 1, maxSize: 1 });
    await pool.start(never);
    const lease = await take(pool, 'a');
    const waiting = expect(take(pool, 'b')).rejects.toMatchObject({ code: 'draining' });
    let isDrained = false;
    const drained = pool.drain().then(() => (isDrained = true));
    await waiting;
    await expect(take(pool, 'c')).rejects.toMatchObject({ code: 'draining' });
    await workshop.clock.advance(0);
    expect(isDrained).toBe(false);
    lease.release();
    await drained;
    await pool.close();
    expect(workshop.disposed).toEqual(workshop.built);
  });

  it('keeps its promises under any interleaving', async () => {
    const session = fc.constantFrom('a', 'b', 'c', 'd');
    const command = fc.oneof(
      { weight: 6, arbitrary: fc.record({ type: fc.constant('acquire' as const), session, timeoutMs: fc.nat(3000) }) },
      { weight: 5, arbitrary: fc.record({ type: fc.constant('release' as const), which: fc.nat(20) }) },
      { weight: 2, arbitrary: fc.record({ type: fc.constant('discard' as const), which: fc.nat(20) }) },
      { weight: 2, arbitrary: fc.record({ type: fc.constant('abort' as const), which: fc.nat(20) }) },
      {
        weight: 4,
        arbitrary: fc.record({ type: fc.constant('build' as const), which: fc.nat(5), works: fc.boolean() }),
      },
      { weight: 2, arbitrary: fc.record({ type: fc.constant('advance' as const), byMs: fc.nat(1500) }) },
      { weight: 2, arbitrary: fc.record({ type: fc.constant('end' as const), session }) },
    );
    const sizes = fc.record({ warmSize: fc.nat(3), maxSize: fc.integer({ min: 1, max: 4 }), maxWaiting: fc.nat(4) });

    await fc.assert(
      fc.asyncProperty(sizes, fc.array(command, { maxLength: 60 }), async (sizes, commands) => {
        const workshop = new Workshop();
        workshop.isHolding = true;
        const pool = workshop.pool(sizes);
        const started = pool.start(never);
        const pending = new Map<number, AbortController>();
        const leases: Lease<Item>[] = [];
        const inUse = new Set<Item>();
        const violations: string[] = [];
        let arrivals = 0;
        let settled = 0;
        const returnLease = (which: number, how: 'release' | 'discard'): void => {
          const [lease] = leases.splice(which % Math.max(1, leases.length), 1);
          if (!lease) return;
          inUse.delete(lease.resource);
          lease[how]();
          lease.release();
        };

        for (const command of commands) {
          if (command.type === 'acquire') {
            const arrival = arrivals++;
            const controller = new AbortController();
            pending.set(arrival, controller);
            take(pool, command.session, command.timeoutMs, controller.signal).then(
              (lease) => {
                settled++;
                pending.delete(arrival);
                if (Math.min(...pending.keys()) < arrival) violations.push(`${arrival} overtook`);
                if (inUse.has(lease.resource)) violations.push('leased twice');
                if (workshop.disposed.includes(lease.resource)) violations.push('leased after disposal');
                inUse.add(lease.resource);
                leases.push(lease);
              },
              () => {
                settled++;
                pending.delete(arrival);
              },
            );
          } else if (command.type === 'release' || command.type === 'discard') returnLease(command.which, command.type);
          else if (command.type === 'abort')
            [...pending.values()].at(command.which % Math.max(1, pending.size))?.abort(new Aborted('hangup'));
          else if (command.type === 'build') {
            const [build] = workshop.held.splice(command.which % Math.max(1, workshop.held.length), 1);
            if (command.works) build?.finish();
            else build?.fail();
          } else if (command.type === 'advance') await workshop.clock.advance(command.byMs);
          else pool.endSession(command.session);
          await workshop.clock.advance(0);

          expect(violations).toEqual([]);
          const snapshot = pool.snapshot();
          expect(snapshot.in_use).toBe(inUse.size);
          expect(snapshot.in_use).toBeLessThanOrEqual(sizes.maxSize);
          expect(snapshot.waiting).toBe(pending.size);
          expect(snapshot.metrics.allocations_total).toBe(
            snapshot.metrics.allocations_dedicated +
              snapshot.metrics.allocations_warm +
              snapshot.metrics.allocations_cold,
          );
        }

        const closing = pool.close();
        for (const build of workshop.held) build.finish();
        while (leases.length > 0) returnLease(0, 'release');
        await workshop.clock.advance(0);
        await Promise.all([closing, started]);
        await workshop.clock.advance(0);
        expect(settled).toBe(arrivals);
        expect(pool.snapshot()).toMatchObject({ in_use: 0, waiting: 0 });
        expect(workshop.clock.pending).toBe(0);
        expect(workshop.disposed.map((item) => item.id).sort((a, b) => a - b)).toEqual(
          workshop.built.map((item) => item.id),
        );
      }),
      { numRuns: 300 },
    );
  });
});
