import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { type ErrorCode, ParleyError, messageOf } from '../kernel/errors.js';
import { TooManyRequests } from '../auth/too-many-requests.js';

const codes: Readonly<Record<number, string>> = {
  400: 'invalid_parameter',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  413: 'too_large',
  415: 'unsupported',
  422: 'unsupported',
  429: 'rate_limited',
};

/** What stands in `code` where nothing more is known than the status. */
export function codeOf(status: number): string {
  return codes[status] ?? 'internal';
}

/** What the framework says of a request that cannot be read is for programmers, and quotes it. */
function unread(error: unknown, status: number): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof SyntaxError) return 'The body is not valid JSON';
  if (cause instanceof URIError) return 'The path cannot be decoded';
  return status === 413 ? 'The body is too large' : undefined;
}

/** Errors of our own that are not the asker's fault; the log has said so where they happened. */
const statuses: Partial<Record<ErrorCode, number>> = {
  not_found: 404,
  key_missing: 409,
  unsupported: 422,
  auth_unavailable: 503,
  state_unavailable: 503,
  timeout: 504,
  draining: 503,
  call_failed: 502,
  store_failed: 503,
};

/** Errors of the REST API look like those of a refused upgrade: `{"error": {"code", "message"}}`. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  constructor(private readonly adapter: HttpAdapterHost) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const known = error instanceof ParleyError ? statuses[error.code] : undefined;
    if (error instanceof ParleyError && known) {
      const message = known < 500 ? error.message : 'Not possible at the moment, please try again';
      const body = { error: { code: error.code, message } };
      return this.adapter.httpAdapter.reply(host.switchToHttp().getResponse(), body, known);
    }
    if (error instanceof TooManyRequests) return this.tooMany(error, host);
    const status = error instanceof HttpException ? error.getStatus() : 500;
    if (status >= 500) this.logger.error(`Request failed: ${messageOf(error)}`);
    // What went wrong inside is for the log only.
    const message = status >= 500 ? 'Internal error' : (unread(error, status) ?? messageOf(error));
    const body = { error: { code: codeOf(status), message } };
    this.adapter.httpAdapter.reply(host.switchToHttp().getResponse(), body, status);
  }

  private tooMany(error: TooManyRequests, host: ArgumentsHost): void {
    const { code, message, retryAfterSeconds } = error;
    const { httpAdapter } = this.adapter;
    const response: unknown = host.switchToHttp().getResponse();
    httpAdapter.setHeader(response, 'Retry-After', String(retryAfterSeconds));
    httpAdapter.reply(response, { error: { code, message, retry_after_s: retryAfterSeconds } }, error.getStatus());
  }
}
