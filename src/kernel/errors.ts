/**
 * The one error family. `retryable` tells the caller whether the same request may succeed if it is made again;
 * `code` is stable and goes on the wire, `message` is for people.
 */
export class ParleyError extends Error {
  override readonly name: string = 'ParleyError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly retryable: boolean = false,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export type ErrorCode =
  | 'aborted'
  | 'at_capacity'
  | 'auth_unavailable'
  | 'build_failed'
  | 'call_failed'
  | 'config_invalid'
  | 'conflict'
  | 'draining'
  | 'internal'
  | 'invalid_message'
  | 'invalid_parameter'
  | 'key_missing'
  | 'llm_failed'
  | 'not_found'
  | 'overloaded'
  | 'state_unavailable'
  | 'store_failed'
  | 'stt_failed'
  | 'timeout'
  | 'tool_failed'
  | 'tts_failed'
  | 'unauthorized'
  | 'unknown_message'
  | 'unsupported';

/** The message of whatever was thrown, for a log line or an error body. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
