import { HttpException, HttpStatus } from '@nestjs/common';

/** The error filter answers it with `Retry-After`. */
export class TooManyRequests extends HttpException {
  readonly code: string;
  readonly retryAfterSeconds: number;

  constructor({ code = 'rate_limited', message, retryAfterSeconds = 1 }: TooMany) {
    super(message, HttpStatus.TOO_MANY_REQUESTS);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

interface TooMany {
  readonly code?: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}
