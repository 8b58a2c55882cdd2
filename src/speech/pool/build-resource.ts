import { Aborted } from '../../kernel/abort.js';
import type { Clock } from '../../kernel/clock.js';

/** How a pool comes by what it lends. */
export interface ResourceFactory<T> {
  /** For messages and the snapshot. */
  readonly name: string;
  readonly create: (signal: AbortSignal) => Promise<T>;
  readonly dispose: (resource: T) => Promise<void>;
  /** How long building one may take. */
  readonly createTimeoutMs: number;
  readonly clock: Clock;
}

/** Rejects when building fails, takes too long or `closed` aborts; what comes of it afterwards is disposed of. */
export async function buildResource<T>(factory: ResourceFactory<T>, closed: AbortSignal): Promise<T> {
  const { name, create, dispose, createTimeoutMs, clock } = factory;
  const late = new AbortController();
  const signal = AbortSignal.any([closed, late.signal]);
  const timer = clock.setTimeout(
    () => late.abort(new Aborted('timeout', `building a ${name} took more than ${createTimeoutMs} ms`)),
    createTimeoutMs,
  );
  const creation = Promise.resolve().then(() => create(signal));
  try {
    return await untilAborted(creation, signal);
  } catch (error) {
    creation.then(dispose).catch(() => undefined);
    throw error;
  } finally {
    timer.cancel();
  }
}

/** The promise's outcome, or the signal's reason if that comes first. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    const leave = (): void => signal.removeEventListener('abort', onAbort);
    promise.then(resolve, reject).finally(leave);
    if (signal.aborted) onAbort();
  });
}
