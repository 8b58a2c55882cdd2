import {
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
  HttpException,
  HttpStatus,
  Injectable,
  SetMetadata,
  UnauthorizedException,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import { Authenticator } from '../auth/authenticator.js';
import { type Principal, type Role, hasRole } from '../auth/principal.js';
import { AttemptLimit } from '../voice/attempt-limit.js';

const ROLE = 'parley:role';

/** The least role that may use a route or controller; `operator` where nothing is said. */
export const NeedsRole = (role: Role) => SetMetadata(ROLE, role);

/** Who is asking; set by the guard. */
export type KnownRequest = Request & { principal: Principal };

/** What is not a probe needs a credential, as a call does. Failed attempts count with the upgrades of the same address. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly attempts: AttemptLimit,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<KnownRequest>();
    // Before the credential is looked at: else a guesser would still learn which one is right.
    const tooMany = this.authenticator.asksForCredential ? this.attempts.exhausted(request) : undefined;
    if (tooMany) {
      http.getResponse<Response>().setHeader('Retry-After', String(tooMany.retryAfterSeconds));
      throw new HttpException(tooMany.message, HttpStatus.TOO_MANY_REQUESTS);
    }
    const token = typeof request.query.token === 'string' ? request.query.token : undefined;
    const principal = await this.authenticator.identify(request.headers.authorization, token);
    if (!principal) {
      this.attempts.count(request);
      throw new UnauthorizedException('A valid credential is needed: "Authorization: Bearer …" or "?token=…"');
    }
    const needed =
      this.reflector.getAllAndOverride<Role>(ROLE, [context.getHandler(), context.getClass()]) ?? 'operator';
    if (!hasRole(principal, needed)) throw new ForbiddenException(`This needs the role "${needed}"`);
    request.principal = principal;
    return true;
  }
}
