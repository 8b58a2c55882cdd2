import { type AbortKind, isAborted } from '../kernel/abort.js';
import { CloseCode } from '../kernel/close-codes.js';
import { ParleyError, messageOf } from '../kernel/errors.js';

/** What a client is told by the close code of a session that ended for this reason. */
export const closeCodes: Readonly<Record<AbortKind, CloseCode>> = {
  barge_in: CloseCode.Ended,
  superseded: CloseCode.Ended,
  completed: CloseCode.Ended,
  protocol: CloseCode.Malformed,
  hangup: CloseCode.Ended,
  lost: CloseCode.Ended,
  drain: CloseCode.Restart,
  shutdown: CloseCode.Restart,
  idle: CloseCode.Idle,
  budget: CloseCode.Policy,
  timeout: CloseCode.Internal,
  error: CloseCode.Internal,
};

/** Ends after which the client may come back and go on: nobody wanted the call to be over. */
export const resumableEnds: ReadonlySet<AbortKind> = new Set([
  'lost',
  'drain',
  'shutdown',
  'superseded',
  'timeout',
  'error',
]);

/** What a client is told about a session that could not be built. */
export function buildFailure(error: unknown): ParleyError {
  if (error instanceof ParleyError && !isAborted(error)) return error;
  return new ParleyError('build_failed', messageOf(error), true);
}
