import { messageOf } from './errors.js';

const WORDS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such name',
  EAI_AGAIN: 'the name server does not answer',
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the connection was cut off',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ETIMEDOUT: 'there was no answer',
  UND_ERR_CONNECT_TIMEOUT: 'no connection could be made in time',
  UND_ERR_HEADERS_TIMEOUT: 'there was no answer in time',
  UND_ERR_SOCKET: 'the connection was cut off',
  ABORT_ERR: 'there was no answer in time',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet (is the clock right?)',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an authority that is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an authority that is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an authority that is not known here',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  EPROTO: 'it does not speak TLS',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  EACCES: 'we are not allowed to',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is a file',
};

const MAX_DEPTH = 5;
const MAX_LENGTH = 200;

/** Why something could not be reached, in words: libraries wrap what the system has said, sometimes several times. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code !== undefined) return WORDS[code] ? `${WORDS[code]} (${code})` : code;
  return innermost(error).split('\n')[0]!.slice(0, MAX_LENGTH);
}

export function codeOf(error: unknown): string | undefined {
  let cause = error;
  for (let depth = 0; typeof cause === 'object' && cause !== null && depth < MAX_DEPTH; depth++) {
    const { code, errors } = cause as { code?: unknown; errors?: readonly unknown[] };
    if (typeof code === 'string' && /^[A-Z][A-Z_0-9]+$/.test(code)) return code;
    cause = errors?.[0] ?? (cause as { cause?: unknown }).cause;
  }
  return undefined;
}

/** `fetch failed` says nothing; what is behind it does. */
function innermost(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && cause.message !== '' ? innermost(cause) : messageOf(error);
}
