import { Logger } from '@nestjs/common';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { JobsConfig } from '../../../config/jobs.config.js';
import type { Clock, Timer } from '../../../kernel/clock.js';
import { compiledUrl } from '../../../kernel/compiled-url.js';
import { ParleyError } from '../../../kernel/errors.js';
import { dataDirectoryError, makeFolder } from '../../../services/data-directory.js';
import { SqliteThread } from '../../../services/sqlite/sqlite-thread.js';
import { type DeadJob, type Job, type JobCounts, type JobHandler, JobQueue, type JobState } from '../job-queue.js';
import { JobLoop, type LeasedJobs } from './job-loop.js';
import type { JobOrder } from './job-orders.js';
import type { SqliteJobs, TakenJob } from './sqlite-jobs.js';

const TIMEOUT_MS = 5000;
const PURGE_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Jobs in a SQLite file, for processes of one machine. */
export class SqliteJobQueue extends JobQueue {
  readonly name = 'sqlite';
  private readonly logger = new Logger('Jobs');
  private readonly thread: SqliteThread<JobOrder>;
  private readonly loops = new Map<string, JobLoop>();
  private purging: Timer | undefined;

  constructor(
    private readonly config: JobsConfig,
    private readonly clock: Clock,
    private readonly file: string,
  ) {
    super();
    this.thread = new SqliteThread({
      name: 'The job queue',
      spawn: () => new Worker(compiledUrl(import.meta.url, './jobs.worker.js'), { workerData: { file } }),
      timeoutMs: TIMEOUT_MS,
      clock,
      failed: (reason) => new ParleyError('state_unavailable', `The job queue: ${reason}`, true),
    });
  }

  override async start(signal: AbortSignal): Promise<void> {
    try {
      await makeFolder(path.dirname(this.file));
      await this.thread.start(signal);
    } catch (error) {
      signal.throwIfAborted();
      const without = 'REDIS_URL, which keeps the jobs';
      throw await dataDirectoryError(path.dirname(this.file), error, { use: 'jobs', without });
    }
    this.purge();
  }

  override async check(): Promise<Record<string, unknown>> {
    return { driver: this.name, ...(await this.counts()) };
  }

  override async put(job: Job, delayMs = 0): Promise<void> {
    await this.ask('put', job, this.clock.wallTime() + delayMs);
    if (delayMs === 0) this.loops.get(job.kind)?.wake();
  }

  override stateOf(id: string): Promise<JobState | undefined> {
    return this.ask('stateOf', id);
  }

  override work(kind: string, handler: JobHandler): void {
    const { config, clock, logger } = this;
    const loop = new JobLoop({
      kind,
      handler,
      jobs: this.leased(kind),
      config,
      clock,
      log: (level, message) => logger[level](message),
    });
    this.loops.set(kind, loop);
  }

  override counts(): Promise<JobCounts> {
    return this.ask('counts', this.clock.wallTime());
  }

  override dead(limit: number): Promise<DeadJob[]> {
    return this.ask('dead', limit);
  }

  override async revive(id: string): Promise<boolean> {
    const revived = await this.ask('revive', id, this.clock.wallTime());
    for (const loop of this.loops.values()) loop.wake();
    return revived;
  }

  override remove(id: string): Promise<boolean> {
    return this.ask('remove', id);
  }

  override async close(): Promise<void> {
    this.purging?.cancel();
    await Promise.all([...this.loops.values()].map((loop) => loop.close()));
    await this.thread.close();
  }

  private leased(kind: string): LeasedJobs {
    const now = (): number => this.clock.wallTime();
    const { leaseMs } = this.config;
    return {
      take: () => this.ask('take', kind, now(), leaseMs),
      renew: ({ id, lease }: TakenJob) => this.ask('renew', id, lease, now() + leaseMs),
      done: ({ id, lease }) => this.ask('done', id, lease, now()),
      again: ({ id, lease }, delayMs, counts, problem) =>
        this.ask('again', id, lease, now() + delayMs, counts, problem),
      bury: ({ id, lease }, problem) => this.ask('bury', id, lease, now(), problem),
    };
  }

  private purge(): void {
    this.ask('purge', this.clock.wallTime() - this.config.keptDays * DAY_MS).catch(() => undefined);
    this.purging = this.clock.setTimeout(() => this.purge(), PURGE_EVERY_MS);
  }

  private async ask<M extends JobOrder['do']>(
    method: M,
    ...given: Parameters<SqliteJobs[M]>
  ): Promise<ReturnType<SqliteJobs[M]>> {
    return (await this.thread.ask({ do: method, with: given } as JobOrder)) as ReturnType<SqliteJobs[M]>;
  }
}
