import { Logger } from '@nestjs/common';
import { type Job as BullJob, Queue, UnrecoverableError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { JobsConfig } from '../../../config/jobs.config.js';
import type { RedisConfig } from '../../../config/redis.config.js';
import { Aborted } from '../../../kernel/abort.js';
import type { Clock } from '../../../kernel/clock.js';
import { ParleyError } from '../../../kernel/errors.js';
import { containedClient } from '../../../state/redis/contained-client.js';
import { redisOptions } from '../../../state/redis/redis-options.js';
import { problemOf, stateUnavailable } from '../../../state/redis/redis-problem.js';
import { type DeadJob, type Job, type JobCounts, type JobHandler, JobQueue, type JobState } from '../job-queue.js';
import { measured } from '../job-metrics.js';
import { isFinal, problemOfJob, retryDelayMs } from '../job-retries.js';

const DAY_S = 86_400;
/** So often a job may be taken from a worker that has died: as often as that happens. */
const MOST_STALLS = 1_000_000;
const LONGEST_PAUSE_MS = 2000;
const CLOSE_GRACE_MS = 1000;

/** Jobs in Redis, one BullMQ queue for each kind. */
export class RedisJobQueue extends JobQueue {
  readonly name = 'redis';
  private readonly logger = new Logger('Jobs');
  private readonly queues = new Map<string, Queue>();
  private readonly workers: Worker[] = [];
  private readonly leases = new Map<string, AbortController>();
  private readonly connections: Redis[] = [];
  private readonly commands: Redis;
  private lastProblem: string | undefined;

  /** @param kinds of all jobs there are @param replica the name of this process. */
  constructor(
    private readonly config: JobsConfig,
    private readonly redis: RedisConfig,
    private readonly kinds: readonly string[],
    private readonly replica: string,
    private readonly clock: Clock,
  ) {
    super();
    // Commands fail at once while there is no connection: whoever puts a job knows better when to try again.
    this.commands = this.connect({ enableOfflineQueue: false, maxRetriesPerRequest: 0 });
  }

  override async start(signal: AbortSignal): Promise<void> {
    await this.commands.connect().catch((error: unknown) => this.note(error));
    signal.throwIfAborted();
    for (const kind of this.kinds) {
      const queue = new Queue(kind, {
        connection: this.commands,
        prefix: `${this.redis.prefix}:jobs`,
        skipVersionCheck: true,
        skipWaitingForReady: true,
        defaultJobOptions: {
          attempts: this.config.attempts,
          backoff: { type: 'parley' },
          removeOnComplete: { age: this.config.keptDays * DAY_S },
          removeOnFail: { age: this.config.keptDays * DAY_S },
        },
      });
      queue.on('error', (error) => this.note(error));
      this.queues.set(kind, queue);
    }
  }

  override async check(): Promise<Record<string, unknown>> {
    return { driver: this.name, ...(await this.counts()) };
  }

  override async put({ id, kind, payload }: Job, delayMs = 0): Promise<void> {
    await this.within(async () => this.queueOf(kind).add(kind, payload, { jobId: id, delay: delayMs }));
  }

  override async stateOf(id: string): Promise<JobState | undefined> {
    const found = await this.find(id);
    if (!found) return undefined;
    const state = await this.within(() => found.getState());
    if (state === 'completed') return 'done';
    if (state === 'failed') return 'dead';
    return state === 'active' ? 'running' : 'waiting';
  }

  override work(kind: string, handler: JobHandler): void {
    const { config } = this;
    const worker = new Worker(kind, (job) => this.run(job, handler), {
      connection: this.connect({ maxRetriesPerRequest: null }),
      prefix: `${this.redis.prefix}:jobs`,
      concurrency: config.concurrency,
      lockDuration: config.leaseMs,
      stalledInterval: config.leaseMs / 2,
      maxStalledCount: MOST_STALLS,
      skipVersionCheck: true,
      // Whoever waits for a job asks anew so often: a connection that is dead without being closed is found out.
      drainDelay: 2,
      runRetryDelay: 500,
      settings: { backoffStrategy: (attempts) => retryDelayMs(config, attempts) },
    });
    worker.on('error', (error) => this.note(error));
    worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) this.leases.get(id)?.abort(new Aborted('timeout', 'the job was given to another worker'));
    });
    worker.on('failed', (job, error) => {
      if (job?.finishedOn)
        this.logger.error(`Job ${job.id} is given up after ${job.attemptsMade} attempts: ${error.message}`);
    });
    worker.on('completed', () => (this.lastProblem = undefined));
    this.workers.push(worker);
  }

  override async counts(): Promise<JobCounts> {
    const counts = await this.within(() =>
      Promise.all(
        [...this.queues.values()].map(async (queue) => {
          const { waiting = 0, delayed = 0, active = 0, failed = 0 } = await queue.getJobCounts();
          const [first] = await queue.getWaiting(0, 0);
          return { waiting, delayed, active, failed, since: first?.timestamp };
        }),
      ),
    );
    const sum = (pick: (one: (typeof counts)[number]) => number): number =>
      counts.reduce((all, one) => all + pick(one), 0);
    const now = this.clock.wallTime();
    const oldest = Math.min(now, ...counts.map(({ since }) => since ?? now));
    return {
      waiting: sum(({ waiting }) => waiting),
      later: sum(({ delayed }) => delayed),
      running: sum(({ active }) => active),
      dead: sum(({ failed }) => failed),
      oldestMs: now - oldest,
    };
  }

  override async dead(limit: number): Promise<DeadJob[]> {
    const found = await this.within(() =>
      Promise.all([...this.queues.values()].map((queue) => queue.getFailed(0, limit - 1))),
    );
    return found
      .flat()
      .sort((one, other) => (other.finishedOn ?? 0) - (one.finishedOn ?? 0))
      .slice(0, limit)
      .map((job) => ({
        id: job.id ?? '',
        kind: job.name,
        payload: job.data as unknown,
        attempts: job.attemptsMade,
        problem: job.failedReason,
        diedAt: new Date(job.finishedOn ?? 0).toISOString(),
      }));
  }

  override async revive(id: string): Promise<boolean> {
    const found = await this.find(id);
    if (!found || (await this.within(() => found.getState())) !== 'failed') return false;
    await this.within(() => found.retry('failed', { resetAttemptsMade: true }));
    return true;
  }

  override async remove(id: string): Promise<boolean> {
    const found = await this.find(id);
    if (!found) return false;
    // One that runs is locked: it ends by itself.
    return await this.within(() => found.remove()).then(
      () => true,
      () => false,
    );
  }

  override async close(): Promise<void> {
    const limit = this.clock.setTimeout(() => {
      for (const lease of this.leases.values()) lease.abort(new Aborted('shutdown'));
    }, this.config.closeMs);
    await this.withinLimit(this.workers.map((worker) => worker.close()));
    limit.cancel();
    await this.withinLimit([...this.queues.values()].map((queue) => queue.close()));
    for (const connection of this.connections) connection.disconnect();
  }

  /** Redis may be away, and never answer. */
  private async withinLimit(closing: readonly Promise<void>[]): Promise<void> {
    const limit = new AbortController();
    const over = this.clock.delay(this.config.closeMs + CLOSE_GRACE_MS, limit.signal).catch(() => undefined);
    await Promise.race([Promise.all(closing).catch((error: unknown) => this.note(error)), over]);
    limit.abort(new Aborted('completed'));
  }

  private async run(job: BullJob<unknown>, handler: JobHandler): Promise<void> {
    const id = job.id ?? '';
    const lease = new AbortController();
    this.leases.set(id, lease);
    try {
      await measured({ id, kind: job.name, payload: job.data }, { signal: lease.signal }, handler, this.clock);
    } catch (error) {
      // What is kept of it in Redis must not quote anything.
      const problem = problemOfJob(error);
      throw isFinal(error) && !lease.signal.aborted ? new UnrecoverableError(problem) : new Error(problem);
    } finally {
      this.leases.delete(id);
    }
  }

  private async find(id: string): Promise<BullJob | undefined> {
    for (const queue of this.queues.values()) {
      const job = await this.within(() => queue.getJob(id));
      if (job) return job as BullJob;
    }
    return undefined;
  }

  private queueOf(kind: string): Queue {
    const queue = this.queues.get(kind);
    if (!queue) throw new ParleyError('internal', `There are no jobs of the kind ${kind}`);
    return queue;
  }

  private connect(options: { enableOfflineQueue?: boolean; maxRetriesPerRequest: number | null }): Redis {
    const client = containedClient({
      ...redisOptions(this.redis.url, `${this.replica}:jobs`).options,
      lazyConnect: true,
      connectTimeout: this.redis.connectTimeoutMs,
      // INFO is not for everybody.
      enableReadyCheck: false,
      retryStrategy: (times) => Math.min(50 * 2 ** times, LONGEST_PAUSE_MS),
      ...options,
    });
    client.on('error', (error) => this.note(error));
    this.connections.push(client);
    return client;
  }

  private async within<T>(work: () => Promise<T>): Promise<T> {
    const limit = new AbortController();
    const timeout = this.clock.delay(this.redis.commandTimeoutMs, limit.signal).then(() => {
      throw new ParleyError('timeout', `no answer within ${this.redis.commandTimeoutMs} ms`, true);
    });
    timeout.catch(() => undefined);
    try {
      return await Promise.race([work(), timeout]);
    } catch (error) {
      if (error instanceof ParleyError && error.code === 'internal') throw error;
      throw stateUnavailable(problemOf(error));
    } finally {
      limit.abort();
    }
  }

  /** Once for each kind of trouble: BullMQ tells of it with every attempt. */
  private note(error: unknown): void {
    const problem = problemOf(error);
    if (problem === this.lastProblem) return;
    this.lastProblem = problem;
    this.logger.warn(`The job queue in Redis: ${problem}`);
  }
}
