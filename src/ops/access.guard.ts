import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import type { Request } from 'express';
import { TokenCheck } from '../voice/token-check.js';

/** What is not a probe needs a token, as a call does. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly tokens: TokenCheck) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    const token = typeof request.query.token === 'string' ? request.query.token : undefined;
    if (this.tokens.allows(request.headers.authorization, token)) return true;
    throw new UnauthorizedException('A valid token is needed: "Authorization: Bearer …" or "?token=…"');
  }
}
