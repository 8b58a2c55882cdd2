import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { JobsConfig } from '../../src/config/jobs.config.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { ParleyError } from '../../src/kernel/errors.js';
import type { Job, JobHandler, JobQueue } from '../../src/pusher/jobs/job-queue.js';
import { RedisJobQueue } from '../../src/pusher/jobs/redis/redis-job-queue.js';
import { SqliteJobQueue } from '../../src/pusher/jobs/sqlite/sqlite-job-queue.js';
import { describeWithRedis, RedisServer } from '../support/redis.js';

const config: JobsConfig = {
  concurrency: 2,
  attempts: 3,
  retryMs: 1,
  retryMaxMs: 10,
  leaseMs: 1000,
  pollMs: 10,
  closeMs: 50,
  keptDays: 1,
};
const signal = new AbortController().signal;
const job = (id: string, payload: unknown = { about: id }): Job => ({ id, kind: 'process', payload });
const retryable = (): ParleyError => new ParleyError('llm_failed', 'the model is away', true);

/** Handled jobs, by id, and somebody to wait for them. */
class Hands {
  readonly had: string[] = [];
  private readonly waiting: { readonly count: number; resolve(): void }[] = [];

  constructor(private readonly work: JobHandler = () => Promise.resolve()) {}

  readonly handler: JobHandler = async (taken, lease) => {
    this.had.push(taken.id);
    for (const waiter of this.waiting) if (this.had.length >= waiter.count) waiter.resolve();
    await this.work(taken, lease);
  };

  times(count: number): Promise<void> {
    if (this.had.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ count, resolve }));
  }
}

/** Gives up with the test. */
async function untilState(queue: JobQueue, id: string, state: string): Promise<void> {
  for (const limit = Date.now() + 4000; ;) {
    const now = await queue.stateOf(id);
    if (now === state) return;
    if (Date.now() > limit) throw new Error(`${id} is ${now}, not ${state}`);
  }
}

function contract(create: () => JobQueue): void {
  let queues: JobQueue[];
  const open = async (): Promise<JobQueue> => {
    const queue = create();
    await queue.start(signal);
    queues.push(queue);
    return queue;
  };
  beforeEach(() => void (queues = []));
  afterEach(() => Promise.all(queues.map((queue) => queue.close())));

  it('does each job once, however often it is put', async () => {
    const [queue, other] = [await open(), await open()];
    const hands = new Hands();
    for (let time = 0; time < 3; time++) await queue.put(job('once', { text: 'a "quote" and 😀' }));
    queue.work('process', hands.handler);
    other.work('process', hands.handler);
    await untilState(queue, 'once', 'done');
    await other.put(job('once'));
    await queue.put(job('next'));
    await untilState(queue, 'next', 'done');
    expect(hands.had).toEqual(['once', 'next']);
    expect(await queue.stateOf('never')).toBeUndefined();
  });

  it('brings what was put', async () => {
    const queue = await open();
    const seen: Job[] = [];
    const payload = { text: 'a "quote", 😀', list: [1, null, { deep: true }] };
    queue.work('process', (taken) => Promise.resolve(void seen.push({ ...taken })));
    await queue.put(job('a', payload));
    await untilState(queue, 'a', 'done');
    expect(seen).toMatchObject([{ id: 'a', kind: 'process', payload }]);
  });

  it('tries again what has failed, and buries what fails too often until somebody revives it', async () => {
    const queue = await open();
    let broken = true;
    const hands = new Hands(() => (broken ? Promise.reject(retryable()) : Promise.resolve()));
    queue.work('process', hands.handler);
    await queue.put(job('hard'));
    await untilState(queue, 'hard', 'dead');
    expect(hands.had).toHaveLength(3);
    expect(await queue.dead(5)).toMatchObject([
      { id: 'hard', kind: 'process', attempts: 3, problem: 'the model is away', payload: { about: 'hard' } },
    ]);
    expect(await queue.counts()).toMatchObject({ dead: 1, waiting: 0, running: 0 });
    await queue.put(job('hard'));
    expect(await queue.stateOf('hard')).toBe('dead');
    broken = false;
    expect(await queue.revive('hard')).toBe(true);
    await untilState(queue, 'hard', 'done');
    expect([await queue.revive('hard'), await queue.revive('never')]).toEqual([false, false]);
    expect(await queue.dead(5)).toEqual([]);
  });

  it('does not try again what will never work, and keeps nothing of what others throw', async () => {
    const queue = await open();
    const hands = new Hands(({ id }) =>
      Promise.reject(
        id === 'final' ? new ParleyError('not_found', 'it is gone') : new TypeError('he said: my PIN is 1234'),
      ),
    );
    queue.work('process', hands.handler);
    await queue.put(job('final'));
    await untilState(queue, 'final', 'dead');
    await queue.put(job('bug'));
    await untilState(queue, 'bug', 'dead');
    expect(hands.had).toEqual(['final', 'bug', 'bug', 'bug']);
    expect((await queue.dead(5)).map(({ problem }) => problem)).toEqual(['TypeError in this server', 'it is gone']);
  });

  it('begins a job that is put off behind those that are not', async () => {
    const queue = await open();
    const hands = new Hands();
    await queue.put(job('later'), 150);
    await queue.put(job('now'));
    expect(await queue.counts()).toMatchObject({ waiting: 1, later: 1 });
    queue.work('process', hands.handler);
    await hands.times(2);
    expect(hands.had).toEqual(['now', 'later']);
  });

  it('works on so many at a time as it is told', async () => {
    const queue = await open();
    let most = 0;
    let at = 0;
    const hands = new Hands(async () => {
      most = Math.max(most, ++at);
      await new Promise((resolve) => setImmediate(resolve));
      at--;
    });
    for (let number = 0; number < 12; number++) await queue.put(job(`j${number}`));
    queue.work('process', hands.handler);
    await hands.times(12);
    expect(most).toBeLessThanOrEqual(2);
  });

  it('gives back what it is working on when it ends', async () => {
    const [queue, other] = [await open(), await open()];
    const stuck = new Hands(
      (_, lease) =>
        new Promise((_resolve, reject) =>
          lease.signal.addEventListener('abort', () => reject(lease.signal.reason as Error)),
        ),
    );
    queue.work('process', stuck.handler);
    await queue.put(job('long'));
    await stuck.times(1);
    await queue.close();
    const hands = new Hands();
    other.work('process', hands.handler);
    await untilState(other, 'long', 'done');
    expect(hands.had).toEqual(['long']);
  }, 20_000);

  it('forgets what is removed', async () => {
    const queue = await open();
    await queue.put(job('a'));
    expect([await queue.remove('a'), await queue.remove('a'), await queue.stateOf('a')]).toEqual([
      true,
      false,
      undefined,
    ]);
  });
}

describe('jobs in SQLite', () => {
  let folder: string;
  let number = 0;
  beforeAll(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'parley-jobs-'))));
  afterAll(() => rm(folder, { recursive: true }));
  beforeEach(() => void number++);
  contract(() => new SqliteJobQueue(config, new SystemClock(), path.join(folder, `${number}.sqlite`)));
});

describeWithRedis('jobs in Redis', () => {
  let server: RedisServer;
  let number = 0;
  beforeAll(async () => void (server = await RedisServer.start()));
  afterAll(() => server.stop());
  beforeEach(() => void number++);
  const create = (): JobQueue =>
    new RedisJobQueue(
      config,
      {
        url: server.url,
        prefix: `test${number}`,
        maxSessions: 0,
        leaseMs: 1000,
        connectTimeoutMs: 1000,
        commandTimeoutMs: 500,
        answerTimeoutMs: 2000,
      },
      ['process'],
      'test',
      new SystemClock(),
    );
  contract(create);

  it('are refused at once while it is away, and go on when it is back', async () => {
    const queue = create();
    await queue.start(signal);
    const hands = new Hands();
    queue.work('process', hands.handler);
    await queue.put(job('before'));
    await hands.times(1);
    await server.kill();
    await expect(queue.put(job('during'))).rejects.toMatchObject({ code: 'state_unavailable', retryable: true });
    await server.restart();
    const taken = (): Promise<boolean> =>
      queue.put(job('after')).then(
        () => true,
        () => false,
      );
    // What is refused is refused at once: the connection must have its turn in between.
    while (!(await taken())) await new Promise((resolve) => setImmediate(resolve));
    await hands.times(2);
    expect(hands.had).toEqual(['before', 'after']);
    await queue.close();
  }, 20_000);
});
