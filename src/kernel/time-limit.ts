import type { Clock } from './clock.js';

/**
 * What comes of `work`, or undefined when that takes longer than `limitMs`: nobody waits for it any more then. Rejects as
 * `work` does.
 */
export async function within<T>(limitMs: number, work: Promise<T>, clock: Clock): Promise<T | undefined> {
  const limit = Promise.withResolvers<undefined>();
  const timer = clock.setTimeout(() => limit.resolve(undefined), limitMs);
  try {
    return await Promise.race([work, limit.promise]);
  } finally {
    timer.cancel();
  }
}
