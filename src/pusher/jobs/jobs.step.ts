import { Injectable } from '@nestjs/common';
import { type BatchObservableResult, metrics } from '@opentelemetry/api';
import { Readiness, type ReadinessCheck } from '../../lifecycle/readiness-check.js';
import { type LifecycleStep, Step, type StepReport } from '../../lifecycle/step.js';
import { type JobCounts, JobQueue } from './job-queue.js';

const meter = metrics.getMeter('parley.pusher');
const backlog = meter.createObservableGauge('pusher.jobs', { description: 'Jobs that wait, run, or were given up' });
const age = meter.createObservableGauge('pusher.jobs.oldest', {
  unit: 's',
  description: 'How long the oldest job waits',
});

/** The queue of what is done after calls. */
@Injectable()
@Step({ name: 'jobs', after: ['services', 'events'], timeoutMs: 15_000 })
export class JobsStep implements LifecycleStep {
  private readonly observe = async (result: BatchObservableResult): Promise<void> => {
    const counts = await this.queue.counts().catch(() => undefined);
    if (!counts) return;
    for (const state of ['waiting', 'later', 'running', 'dead'] as const)
      result.observe(backlog, counts[state], { state });
    result.observe(age, counts.oldestMs / 1000);
  };

  constructor(private readonly queue: JobQueue) {}

  async start(signal: AbortSignal): Promise<StepReport> {
    await this.queue.start(signal);
    meter.addBatchObservableCallback(this.observe, [backlog, age]);
    return { summary: `jobs in ${this.queue.name}` };
  }

  async stop(): Promise<void> {
    meter.removeBatchObservableCallback(this.observe, [backlog, age]);
    await this.queue.close();
  }
}

/** Calls go on without it: what is to be done afterwards waits. */
@Injectable()
@Readiness({ name: 'jobs', critical: false, timeoutMs: 2000, cacheMs: 1000 })
export class JobsReadiness implements ReadinessCheck {
  constructor(private readonly queue: JobQueue) {}

  async check(): Promise<Record<string, unknown>> {
    const { oldestMs, ...counts }: JobCounts = await this.queue.counts();
    const degraded = counts.dead > 0 && `${counts.dead} jobs were given up`;
    return { driver: this.queue.name, ...counts, oldest_ms: oldestMs, ...(degraded && { degraded }) };
  }
}
