import { ParleyError } from '../kernel/errors.js';

/** Whether it is what was given that the store will never take; all else may be well at another time. */
export function isRefusal(error: unknown): error is ParleyError {
  return error instanceof ParleyError && error.code === 'store_failed' && !error.retryable;
}
