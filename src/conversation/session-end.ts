import { type AbortKind, isAborted } from '../kernel/abort.js';
import { CloseCode } from '../kernel/close-codes.js';
import { ParleyError, messageOf } from '../kernel/errors.js';
import type { SessionEvent } from './session-events.js';

export type TransferStatus = Extract<SessionEvent, { type: 'transfer' }>['status'];

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

/** Ends that the caller, or the agent, wanted. */
const WISHED: ReadonlySet<AbortKind> = new Set(['completed', 'hangup', 'idle']);

/** Ends after which the client may come back and go on: nobody wanted the call to be over. */
export const resumableEnds: ReadonlySet<AbortKind> = new Set([
  'lost',
  'drain',
  'shutdown',
  'superseded',
  'timeout',
  'error',
]);

/**
 * What became of a call, for counting. `contained`: an agent of ours has done what there was to do. `abandoned`: the caller
 * never said anything. `cut`: it ended, or may have, before it was over. `moved`: it goes on over another connection.
 */
type CallOutcome = 'contained' | 'transferred' | 'transfer_failed' | 'abandoned' | 'cut' | 'moved';

/** @param turns of the caller @param transfer what came of the last attempt */
export function outcomeOf(kind: AbortKind, turns: number, transfer: TransferStatus | undefined): CallOutcome {
  if (kind === 'superseded') return 'moved';
  // Who takes the call over may well close our connection without a word.
  if (transfer === 'started' || transfer === 'simulated') return 'transferred';
  if (!WISHED.has(kind)) return 'cut';
  if (transfer === 'failed') return 'transfer_failed';
  return turns === 0 ? 'abandoned' : 'contained';
}

/** What a client is told about a session that could not be built. */
export function buildFailure(error: unknown): ParleyError {
  if (error instanceof ParleyError && !isAborted(error)) return error;
  return new ParleyError('build_failed', messageOf(error), true);
}
