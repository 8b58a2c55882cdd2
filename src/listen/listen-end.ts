import type { AbortKind } from '../kernel/abort.js';
import { CloseCode } from '../kernel/close-codes.js';
import { closeCodes } from '../conversation/session-end.js';

/** What a client is told by the close frame. */
export function closeFrameOf(kind: AbortKind): { readonly code: CloseCode; readonly reason: string } {
  // The newer connection goes on with the conversation.
  if (kind === 'superseded') return { code: CloseCode.Policy, reason: 'taken_over' };
  if (kind === 'timeout') return { code: CloseCode.Idle, reason: 'nothing was received' };
  return { code: closeCodes[kind], reason: kind };
}

/** Ends of which the client hears at once, and not after the last words. */
export const endsAtOnce: ReadonlySet<AbortKind> = new Set(['protocol', 'superseded', 'budget', 'error']);

/** The client may come back, and go on with the conversation: nobody wanted it to be over. */
const interrupted: ReadonlySet<AbortKind> = new Set(['drain', 'shutdown', 'superseded', 'error']);
const wanted: ReadonlySet<AbortKind> = new Set(['completed', 'hangup', 'operator']);

/**
 * Whether the conversation ends with its session. A call with a line for each side is hung up when the connection ends;
 * a microphone whose connection is lost usually comes back.
 */
export function endsConversation(kind: AbortKind, channels: 1 | 2): boolean {
  return wanted.has(kind) || (channels === 2 && !interrupted.has(kind));
}

/** A client that closes with 1000 has ended the conversation. Everything else was not its wish. */
export function endOf(closeCode: number): AbortKind {
  return closeCode === CloseCode.Ended ? 'hangup' : 'lost';
}
