import { ParleyError } from './errors.js';

/** Why a session, generation or task was ended; every AbortSignal in a session carries one as its `reason`. */
export type AbortKind =
  | 'barge_in'
  | 'superseded'
  | 'completed'
  | 'protocol'
  | 'hangup'
  /** Somebody who runs the server has hung up. */
  | 'operator'
  | 'lost'
  | 'drain'
  | 'idle'
  /** The tenant has used up what it may. */
  | 'budget'
  | 'timeout'
  | 'error'
  | 'shutdown';

export class Aborted extends ParleyError {
  override readonly name = 'Aborted';

  constructor(
    readonly kind: AbortKind,
    detail: string = kind,
  ) {
    super('aborted', detail);
  }
}

export function isAborted(error: unknown): error is Aborted {
  return error instanceof Aborted;
}

/** Waits for `work`, but not longer than until `signal` aborts; then its reason is thrown. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => (onAbort = () => reject(signal.reason as Error)));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** An AbortController that also ends when `parent` does, and stops listening to it once it has ended itself. */
export function childController(parent: AbortSignal): AbortController {
  const controller = new AbortController();
  if (parent.aborted) {
    controller.abort(parent.reason);
    return controller;
  }
  const onAbort = (): void => controller.abort(parent.reason);
  parent.addEventListener('abort', onAbort, { once: true });
  controller.signal.addEventListener('abort', () => parent.removeEventListener('abort', onAbort), { once: true });
  return controller;
}
