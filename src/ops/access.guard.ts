import {
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
  Injectable,
  SetMetadata,
  UnauthorizedException,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { Authenticator } from '../auth/authenticator.js';
import { isOurName, strangeHost } from '../auth/origins.js';
import { type Principal, type Role, hasRole } from '../auth/principal.js';
import { RequestLimits } from '../auth/request-limits.js';
import { ServerConfig } from '../config/server.config.js';
import { AttemptLimit } from '../voice/attempt-limit.js';
import { AuditTrail, type AuditedRequest } from './audit/audit-trail.js';
import { TooManyRequests } from '../auth/too-many-requests.js';

const ROLE = 'parley:role';

/** The least role that may use a route or controller; `operator` where nothing is said. */
export const NeedsRole = (role: Role) => SetMetadata(ROLE, role);

type Target = Parameters<Reflector['get']>[1];

/** What `NeedsRole` says of a handler, or else of its controller. */
export function neededRole(reflector: Reflector, handler: Target, controller: Target): Role {
  return reflector.getAllAndOverride<Role | undefined>(ROLE, [handler, controller]) ?? 'operator';
}

/** Who is asking; set by the guard. */
export type KnownRequest = Request & AuditedRequest & { principal: Principal };

/**
 * What is not a probe needs a credential, as a call does. Failed attempts count with the upgrades of the same address, those
 * of who is known with their credential and tenant; what is done is noted.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly attempts: AttemptLimit,
    private readonly limits: RequestLimits,
    private readonly trail: AuditTrail,
    private readonly reflector: Reflector,
    private readonly server: ServerConfig,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<KnownRequest>();
    if (!this.authenticator.asksForCredential && !isOurName(request.headers.host, this.server))
      throw new ForbiddenException(strangeHost);
    // Before the credential is looked at: else a guesser would still learn which one is right.
    const tooMany = this.authenticator.asksForCredential ? this.attempts.exhausted(request) : undefined;
    if (tooMany) throw new TooManyRequests(tooMany);
    const token = typeof request.query.token === 'string' ? request.query.token : undefined;
    const principal = await this.authenticator.identify(request.headers.authorization, token);
    if (!principal) {
      this.attempts.count(request);
      throw new UnauthorizedException('A valid credential is needed: "Authorization: Bearer …" or "?token=…"');
    }
    request.principal = principal;
    this.trail.follow(context, principal);
    const retryAfterSeconds = this.limits.request(principal);
    if (retryAfterSeconds !== undefined)
      throw new TooManyRequests({
        code: 'rate_limited',
        message: 'Too many requests, please try again later',
        retryAfterSeconds,
      });
    const needed = neededRole(this.reflector, context.getHandler(), context.getClass());
    if (!hasRole(principal, needed)) throw new ForbiddenException(`This needs the role "${needed}"`);
    return true;
  }
}
