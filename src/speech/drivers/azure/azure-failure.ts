import { CancellationErrorCode } from 'microsoft-cognitiveservices-speech-sdk';
import { ParleyError } from '../../../kernel/errors.js';

/** The code that the service closes a connection with, when it is asked for what it does not have: a voice, say. */
const WRONG_REQUEST = '1007';

/**
 * What the SDK reports, in words of ours: its own text may hold the address of the connection, and with it the token.
 * @param details searched for the status only.
 */
export function azureFailure(
  code: 'stt_failed' | 'tts_failed',
  errorCode: CancellationErrorCode | undefined,
  details: unknown,
): ParleyError {
  const status = /(?:StatusCode|error code): (\d{3,4})/.exec(String(details))?.[1];
  const name = errorCode === undefined ? 'ConnectionFailure' : CancellationErrorCode[errorCode];
  const retryable =
    status !== WRONG_REQUEST &&
    errorCode !== CancellationErrorCode.BadRequestParameters &&
    errorCode !== CancellationErrorCode.AuthenticationFailure &&
    errorCode !== CancellationErrorCode.Forbidden;
  return new ParleyError(code, `Azure Speech: ${name}${status ? `, status ${status}` : ''}`, retryable);
}
