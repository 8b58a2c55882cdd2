import { ParleyError, messageOf } from '../../kernel/errors.js';

const MAX_LENGTH = 120;
/** Said by a Redis that cannot take writes at all for now; a new connection may lead to one that can. */
const OF_NO_USE = /^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|MISCONF|OOM|NOREPLICAS|NOAUTH)\b/;
/** "ERR unknown command 'x', with args beginning with: …"; "Command queue state error. … Last reply: …". */
const BEFORE_DATA = /, with args|\. Please report|\. If you can reproduce/;
/** How the client says that its socket is gone. */
const CLOSED = /^(Connection is closed|Stream isn't writeable|Command aborted due to connection close)/;
const NO_REDIS = /RESP type|Protocol error/i;
const READ_ONLY = /\bREADONLY\b/;
const REFUSED = /^(WRONGPASS|NOAUTH|NOPERM|ERR invalid (username|password)|ERR AUTH|ERR Client sent AUTH)/i;

/** What went wrong, for a log line. Errors of the client carry the command with its arguments: they go no further. */
export function problemOf(error: unknown): string {
  // A connection that was tried on several addresses says nothing but its code.
  const words = messageOf(error).replace(/^Error: /, '') || (error as NodeJS.ErrnoException).code || 'unknown';
  if (CLOSED.test(words)) return 'the connection was closed';
  const [own = ''] = words.split(BEFORE_DATA);
  const first = own.replace(/[^\x20-\x7e]+/g, ' ');
  return first.length > MAX_LENGTH ? `${first.slice(0, MAX_LENGTH)}…` : first;
}

/** Whether the credentials, or what they allow, are the problem: trying again is of no use. */
export function isRefusal(problem: string): boolean {
  return REFUSED.test(problem);
}

/**
 * What is said of a start that has failed, and what to do. A read-only copy says READONLY, in whatever its script's error is
 * wrapped; of what is no Redis the client says that the first byte of an answer is none of the protocol.
 */
export function explained(problem: string): { readonly says: string; readonly advice: string } {
  if (NO_REDIS.test(problem))
    return {
      says: 'what listens there is no Redis',
      advice:
        'Name the port of Redis itself, usually 6379, or 6380 with TLS (rediss://); a web server or another service answers there',
    };
  if (READ_ONLY.test(problem))
    return { says: 'it is a read-only copy', advice: 'Name the primary in REDIS_URL: copies take no writes' };
  if (isRefusal(problem))
    return {
      says: problem,
      advice: 'Check user and password in REDIS_URL, and what they may do (docs/redis.md lists it)',
    };
  return {
    says: problem,
    advice: 'Start Redis, or correct REDIS_URL; without REDIS_URL the state is in memory',
  };
}

/** Whether the connection is of no use any more: there was no answer at all, or one that says so. */
export function isOutage(error: unknown): boolean {
  return !(error instanceof Error && error.name === 'ReplyError') || OF_NO_USE.test(error.message);
}

export function stateUnavailable(problem: string): ParleyError {
  return new ParleyError('state_unavailable', `Redis is not available: ${problem}`, true);
}
