import { configOf, int, setting } from './setting.js';

export class JobsConfig extends configOf('jobs', {
  concurrency: setting(
    'JOB_CONCURRENCY',
    int(1, 1000),
    'How many jobs of each kind (conversations to process, webhooks to send, voices to learn) one pusher works on at a time.',
  ),
  attempts: setting(
    'JOB_ATTEMPTS',
    int(1, 100),
    'A job that has failed so many times becomes a dead letter, which waits for somebody to look at it.',
  ),
  retryMs: setting(
    'JOB_RETRY_MS',
    int(1, 3_600_000),
    'How long after its first failure a job is tried again; twice as long after each further one.',
  ),
  retryMaxMs: setting('JOB_RETRY_MAX_MS', int(1, 86_400_000), 'But not longer than this.'),
  leaseMs: setting(
    'JOB_LEASE_MS',
    int(1000, 600_000),
    'A job whose pusher has not been heard of for so long, because it died, is given to another one.',
  ),
  pollMs: setting(
    'JOB_POLL_MS',
    int(10, 60_000),
    'How often a pusher looks for jobs of other processes. Without REDIS_URL only: Redis tells.',
  ),
  closeMs: setting(
    'JOB_CLOSE_MS',
    int(0, 600_000),
    'How long jobs may go on when the process ends; those that do not end by then are done by another one, or after the next start.',
  ),
  keptDays: setting(
    'JOB_KEPT_DAYS',
    int(1, 365),
    'So long jobs that are done are remembered, and dead letters kept: the same job is not done again meanwhile.',
  ),
}) {}
