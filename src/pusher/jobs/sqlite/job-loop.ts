import type { JobsConfig } from '../../../config/jobs.config.js';
import { Aborted } from '../../../kernel/abort.js';
import type { Clock, Timer } from '../../../kernel/clock.js';
import { measured } from '../job-metrics.js';
import { isFinal, problemOfJob, retryDelayMs } from '../job-retries.js';
import type { JobHandler } from '../job-queue.js';
import type { TakenJob } from './sqlite-jobs.js';

export interface LeasedJobs {
  take(): Promise<TakenJob | undefined>;
  /** Each of these resolves with false if the job is somebody else's by now. */
  renew(job: TakenJob): Promise<boolean>;
  done(job: TakenJob): Promise<boolean>;
  again(job: TakenJob, delayMs: number, counts: boolean, problem: string | null): Promise<boolean>;
  bury(job: TakenJob, problem: string): Promise<boolean>;
}

export interface JobLoopOptions {
  readonly kind: string;
  readonly handler: JobHandler;
  readonly jobs: LeasedJobs;
  readonly config: JobsConfig;
  readonly clock: Clock;
  log(level: 'warn' | 'error', message: string): void;
}

/** Works on the jobs of one kind, several at a time. */
export class JobLoop {
  private readonly running = new Map<AbortController, Promise<void>>();
  private looking: Promise<void> | undefined;
  private lookAgain = false;
  private timer: Timer | undefined;
  private closed = false;

  constructor(private readonly options: JobLoopOptions) {
    this.wake();
  }

  /** There may be something to do. */
  wake(): void {
    this.lookAgain = true;
    if (this.closed) return;
    this.looking ??= this.look().finally(() => {
      this.looking = undefined;
      if (this.lookAgain) this.wake();
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    this.timer?.cancel();
    await this.looking;
    const limit = this.options.clock.setTimeout(() => {
      for (const controller of this.running.keys()) controller.abort(new Aborted('shutdown'));
    }, this.options.config.closeMs);
    await Promise.all(this.running.values());
    limit.cancel();
  }

  private async look(): Promise<void> {
    const { config, jobs, clock } = this.options;
    this.timer?.cancel();
    this.lookAgain = false;
    try {
      while (!this.closed && this.running.size < config.concurrency) {
        const job = await jobs.take();
        if (!job) break;
        this.begin(job);
      }
    } catch (error) {
      this.options.log('warn', `Jobs of the kind ${this.options.kind} cannot be looked for: ${problemOfJob(error)}`);
    }
    if (!this.closed) this.timer = clock.setTimeout(() => this.wake(), config.pollMs);
  }

  private begin(job: TakenJob): void {
    const controller = new AbortController();
    const work = this.run(job, controller).finally(() => {
      this.running.delete(controller);
      this.wake();
    });
    this.running.set(controller, work);
  }

  /** Never rejects. */
  private async run(job: TakenJob, controller: AbortController): Promise<void> {
    const keeping = this.keep(job, controller);
    try {
      const settled = await this.carriedOut(job, controller.signal);
      if (!settled) this.options.log('warn', `Job ${job.id} ended, but had been given to another worker`);
    } catch (error) {
      // Its lease runs out, and then it has its turn again.
      this.options.log('error', `What became of job ${job.id} cannot be written: ${problemOfJob(error)}`);
    } finally {
      keeping.cancel();
    }
  }

  private async carriedOut(job: TakenJob, signal: AbortSignal): Promise<boolean> {
    const { handler, jobs, config, clock } = this.options;
    try {
      await measured(job, { signal }, handler, clock);
    } catch (error) {
      // Not its fault.
      if (signal.aborted) return await jobs.again(job, 0, false, null);
      const problem = problemOfJob(error);
      if (isFinal(error) || job.attempts >= config.attempts) {
        this.options.log('error', `Job ${job.id} is given up after ${job.attempts} attempts: ${problem}`);
        return await jobs.bury(job, problem);
      }
      return await jobs.again(job, retryDelayMs(config, job.attempts), true, problem);
    }
    return await jobs.done(job);
  }

  /** Renews the lease; aborts when it is lost, or may be. */
  private keep(job: TakenJob, controller: AbortController): Timer {
    const { clock, config, jobs } = this.options;
    let renewedAt = clock.now();
    let timer: Timer | undefined;
    let ended = false;
    const renew = async (): Promise<void> => {
      const askedAt = clock.now();
      const ours = await jobs.renew(job).catch(() => undefined);
      if (ours) renewedAt = askedAt;
      if (ended) return;
      const lost = ours === false || clock.now() - renewedAt >= config.leaseMs;
      if (lost) controller.abort(new Aborted('timeout', 'the job was given to another worker'));
      else schedule();
    };
    const schedule = (): void => void (timer = clock.setTimeout(() => void renew(), config.leaseMs / 3));
    schedule();
    return {
      cancel: () => {
        ended = true;
        timer?.cancel();
      },
    };
  }
}
