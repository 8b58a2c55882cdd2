import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { type ErrorCode, ParleyError, messageOf } from '../kernel/errors.js';

const codes: Readonly<Record<number, string>> = {
  400: 'invalid_parameter',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  413: 'too_large',
  429: 'rate_limited',
};

/** What may work again in a moment; the log has said so where it happened. */
const unavailable: readonly ErrorCode[] = ['state_unavailable', 'auth_unavailable'];

/** Errors of the REST API look like those of a refused upgrade: `{"error": {"code", "message"}}`. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  constructor(private readonly adapter: HttpAdapterHost) {}

  catch(error: unknown, host: ArgumentsHost): void {
    if (error instanceof ParleyError && unavailable.includes(error.code)) {
      const body = { error: { code: error.code, message: 'Not possible at the moment, please try again' } };
      return this.adapter.httpAdapter.reply(host.switchToHttp().getResponse(), body, 503);
    }
    const status = error instanceof HttpException ? error.getStatus() : 500;
    if (status >= 500) this.logger.error(`Request failed: ${messageOf(error)}`);
    // What went wrong inside is for the log only.
    const message = status >= 500 ? 'Internal error' : messageOf(error);
    const body = { error: { code: codes[status] ?? 'internal', message } };
    this.adapter.httpAdapter.reply(host.switchToHttp().getResponse(), body, status);
  }
}
