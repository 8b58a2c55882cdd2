import {
  type CanActivate,
  type ExecutionContext,
  HttpException,
  HttpStatus,
  Injectable,
  UnauthorizedException,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { AttemptLimit } from '../voice/attempt-limit.js';
import { TokenCheck } from '../voice/token-check.js';

/** What is not a probe needs a token, as a call does. Failed attempts count with the upgrades of the same address. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly tokens: TokenCheck,
    private readonly attempts: AttemptLimit,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (!this.tokens.asksForToken) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    // Before the token is looked at: else a guesser would still learn which one is right.
    const tooMany = this.attempts.exhausted(request);
    if (tooMany) {
      http.getResponse<Response>().setHeader('Retry-After', String(tooMany.retryAfterSeconds));
      throw new HttpException(tooMany.message, HttpStatus.TOO_MANY_REQUESTS);
    }
    const token = typeof request.query.token === 'string' ? request.query.token : undefined;
    if (this.tokens.allows(request.headers.authorization, token)) return true;
    this.attempts.count(request);
    throw new UnauthorizedException('A valid token is needed: "Authorization: Bearer …" or "?token=…"');
  }
}
