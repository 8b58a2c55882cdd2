import { ParleyError } from '../kernel/errors.js';

/** What went wrong with a model, as far as it matters for what happens next. */
export type LlmFault =
  /** No connection, or it broke before the answer began. */
  | 'unreachable'
  /** It missed a deadline. */
  | 'slow'
  /** It has no capacity for us now. */
  | 'overloaded'
  | 'server_error'
  /** The answer broke off, or was none. */
  | 'broken_stream'
  /** Credentials, addresses, names or quotas are wrong: somebody has to change something. */
  | 'misconfigured'
  /** It does not take this request, and does not say anything we know about. */
  | 'rejected'
  /** The caller's words, or what the model was about to answer, are not allowed by its operator's policy. */
  | 'content_filter'
  /** The conversation has grown too long for it. */
  | 'context_length';

const LASTING: ReadonlySet<LlmFault> = new Set(['misconfigured', 'rejected', 'content_filter', 'context_length']);

/** The message never holds what was said, nor a credential. */
export class LlmError extends ParleyError {
  override readonly name = 'LlmError';

  constructor(
    readonly fault: LlmFault,
    message: string,
    /** How long the model wants to be left alone, ms. */
    readonly retryAfterMs?: number,
  ) {
    super('llm_failed', message, !LASTING.has(fault));
  }

  /** It is the request that is at fault; the model is all right. */
  get isOfTheRequest(): boolean {
    return this.fault === 'content_filter' || this.fault === 'context_length';
  }
}
