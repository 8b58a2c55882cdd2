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
  operator: CloseCode.Ended,
  lost: CloseCode.Ended,
  drain: CloseCode.Restart,
  shutdown: CloseCode.Restart,
  idle: CloseCode.Idle,
  budget: CloseCode.Policy,
  timeout: CloseCode.Internal,
  error: CloseCode.Internal,
};

/** Ends that the caller, or the agent, wanted. */
const WISHED: ReadonlySet<AbortKind> = new Set(['completed', 'hangup']);

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
 * What became of a call, for counting; docs/metrics.md says what each is. `contained`: the last that the caller wanted to
 * know was answered, and then they or the agent ended the call.
 */
type CallOutcome =
  'contained' | 'transferred' | 'transfer_failed' | 'unanswered' | 'abandoned' | 'stopped' | 'cut' | 'moved';

/** What a call has come to when it ends. */
export interface CallResult {
  /** Of the caller. */
  readonly turns: number;
  /** Whether the last answer to something that was understood was heard, and did not fail. */
  readonly answered: boolean;
  /** Whether the agent has hung up because the caller said nothing more. */
  readonly fellSilent: boolean;
  /** What came of the last attempt; undefined if nobody wanted a transfer. */
  readonly transfer: TransferStatus | undefined;
}

export function outcomeOf(kind: AbortKind, { turns, answered, fellSilent, transfer }: CallResult): CallOutcome {
  if (kind === 'superseded') return 'moved';
  // Who takes the call over may well close our connection without a word.
  if (transfer === 'started' || transfer === 'simulated') return 'transferred';
  if (kind === 'operator') return 'stopped';
  if (kind !== 'idle' && !WISHED.has(kind)) return 'cut';
  if (transfer === 'failed') return 'transfer_failed';
  if (turns === 0 || fellSilent || kind === 'idle') return 'abandoned';
  return answered ? 'contained' : 'unanswered';
}

/** What a client is told about a session that could not be built. */
export function buildFailure(error: unknown): ParleyError {
  if (error instanceof ParleyError && !isAborted(error)) return error;
  return new ParleyError('build_failed', messageOf(error), true);
}
