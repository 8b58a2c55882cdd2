import type { JobsConfig } from '../../config/jobs.config.js';
import { ParleyError } from '../../kernel/errors.js';

const MAX_LENGTH = 300;

/** How long after its `attempts`th failure a job is tried again, ms. */
export function retryDelayMs({ retryMs, retryMaxMs }: JobsConfig, attempts: number): number {
  return Math.min(retryMaxMs, retryMs * 2 ** (attempts - 1));
}

/** Whether trying again is of no use. */
export function isFinal(error: unknown): boolean {
  return error instanceof ParleyError && !error.retryable;
}

/** What is kept of why a job failed. Errors of ours quote nothing that was said; of others' only the kind is kept. */
export function problemOfJob(error: unknown): string {
  if (error instanceof ParleyError) return error.message.slice(0, MAX_LENGTH);
  return error instanceof Error ? `${error.name} in this server` : 'an error in this server';
}
