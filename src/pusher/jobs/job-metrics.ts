import { metrics } from '@opentelemetry/api';
import type { Clock } from '../../kernel/clock.js';
import { JOB_BUCKETS } from '../../kernel/metric-buckets.js';
import type { Job, JobHandler, JobLease } from './job-queue.js';

const durations = metrics.getMeter('parley.pusher').createHistogram('pusher.job.duration', {
  unit: 's',
  description: 'How long attempts at jobs took, by kind and outcome: done, failed, or lost to another worker',
  advice: { explicitBucketBoundaries: JOB_BUCKETS },
});

/** Does the job, and counts how that went. Rejects as it does. */
export async function measured(job: Job, lease: JobLease, handler: JobHandler, clock: Clock): Promise<void> {
  const startedAt = clock.now();
  const record = (outcome: 'done' | 'failed' | 'lost'): void =>
    durations.record((clock.now() - startedAt) / 1000, { kind: job.kind, outcome });
  try {
    await handler(job, lease);
    record('done');
  } catch (error) {
    record(lease.signal.aborted ? 'lost' : 'failed');
    throw error;
  }
}
