import { APIConnectionError, APIConnectionTimeoutError, APIError, OpenAIError } from 'openai';
import { messageOf } from '../../../kernel/errors.js';
import { LlmError, type LlmFault } from '../../llm-error.js';

/**
 * What the SDK threw, as an LlmError. The service's own message is left out, because services quote keys and prompts in
 * it; status, code and the request's id are enough to find the rest.
 */
export function llmErrorOf(error: unknown, model: string, wallTimeMs: number): LlmError {
  if (error instanceof LlmError) return error;
  if (error instanceof APIConnectionTimeoutError) return new LlmError('unreachable', `${model}: no connection in time`);
  if (error instanceof APIConnectionError)
    return new LlmError('unreachable', `${model}: no connection${inBrackets(systemCodeOf(error))}`);
  if (error instanceof APIError)
    return new LlmError(faultOf(error), `${model}: ${summaryOf(error)}`, retryAfterMs(error, wallTimeMs));
  // The SDK wraps what a token provider throws.
  if (error instanceof OpenAIError && error.cause instanceof LlmError) return error.cause;
  if (error instanceof SyntaxError) return new LlmError('broken_stream', `${model}: a part of the answer is no JSON`);
  if (systemCodeOf(error) !== undefined || messageOf(error) === 'terminated')
    return new LlmError('broken_stream', `${model}: the connection broke${inBrackets(systemCodeOf(error))}`);
  return new LlmError('broken_stream', `${model}: the client library failed${inBrackets(nameOf(error))}`);
}

const OVERLOADED = new Set(['rate_limit_exceeded', 'too_many_requests', 'engine_overloaded', 'no_capacity']);
const FILTERED = new Set(['content_filter', 'content_policy_violation', 'ResponsibleAIPolicyViolation']);
const TOO_LONG = new Set(['context_length_exceeded', 'exceed_context_size_error', 'string_above_max_length']);
const TOO_LONG_IN_WORDS = /maximum context length|context (window|length|size)|too many tokens/i;

function faultOf(error: APIError): LlmFault {
  const { status, type } = error;
  // Some servers send a number, whatever the type says.
  const code = `${error.code}`;
  const body: { innererror?: { code?: unknown } } | undefined = error.error;
  if (FILTERED.has(code) || FILTERED.has(String(body?.innererror?.code))) return 'content_filter';
  if (TOO_LONG.has(code) || TOO_LONG.has(type ?? '')) return 'context_length';
  // vLLM and others have no code for it.
  if ((status === 400 || status === 413) && TOO_LONG_IN_WORDS.test(error.message)) return 'context_length';
  if (code === 'insufficient_quota' || type === 'insufficient_quota') return 'misconfigured';
  if (status === 429 || OVERLOADED.has(code)) return 'overloaded';
  if (status === undefined || status >= 500 || status === 408 || status === 409) return 'server_error';
  if (status === 400 || status === 413 || status === 422) return 'rejected';
  return 'misconfigured';
}

function summaryOf(error: APIError): string {
  const details = [
    label(error.code),
    error.param ? `parameter ${label(error.param) ?? 'unknown'}` : undefined,
    error.requestID ? `request ${label(error.requestID) ?? 'unknown'}` : undefined,
  ].filter((detail) => detail !== undefined);
  const status = error.status === undefined ? 'an error in the middle of the answer' : `HTTP ${error.status}`;
  return details.length > 0 ? `${status} (${details.join(', ')})` : status;
}

/** What looks like a name is one; anything longer may be somebody's words. */
function label(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.:[\]-]{1,80}$/.test(value) ? value : undefined;
}

function retryAfterMs(error: APIError, wallTimeMs: number): number | undefined {
  const inMs = Number.parseFloat(error.headers?.get('retry-after-ms') ?? '');
  if (Number.isFinite(inMs)) return Math.max(0, inMs);
  const header = error.headers?.get('retry-after') ?? '';
  if (/^\d+(\.\d+)?$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - wallTimeMs);
}

/** `ECONNREFUSED` and the like, wherever in the chain of causes it stands. */
function systemCodeOf(error: unknown): string | undefined {
  let cause = error;
  for (let depth = 0; typeof cause === 'object' && cause !== null && depth < 5; depth++) {
    const { code } = cause as { code?: unknown };
    if (typeof code === 'string' && /^(E[A-Z]+|UND_ERR_\w+|[A-Z_]*CERT[A-Z_]*)$/.test(code)) return code;
    ({ cause } = cause as { cause?: unknown });
  }
  return undefined;
}

function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? label(error.constructor.name) : undefined;
}

function inBrackets(detail: string | undefined): string {
  return detail === undefined ? '' : ` (${detail})`;
}
