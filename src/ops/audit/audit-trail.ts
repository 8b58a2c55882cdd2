import { type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import { createHash } from 'node:crypto';
import { type Principal, credentialOf } from '../../auth/principal.js';
import { Clock } from '../../kernel/clock.js';
import { AuditLog } from './audit-log.js';

const AUDITED = 'parley:audited';
const CHANGES_NOTHING = ['GET', 'HEAD', 'OPTIONS'];
const FORBIDDEN = 403;
/** A page that shows something asks for it again and again: that somebody looks at it is worth an entry so often. */
const LOOKS_ON_MS = 300_000;
const MOST_LOOKS = 1000;
const LONGEST_OBJECT = 300;

/** For routes that only show something, which is worth to be noted: what was said in a call, say. */
export const Audited = () => SetMetadata(AUDITED, true);

type Target = Parameters<Reflector['get']>[1];

export function isAudited(reflector: Reflector, handler: Target, controller: Target): boolean {
  return reflector.getAllAndOverride<boolean | undefined>(AUDITED, [handler, controller]) ?? false;
}

/** What a handler may say of its object where the route does not: no content, nobody's number. */
export interface AuditedRequest {
  auditedObject?: string;
  /** Whose it is, which an admin's own tenant may not be. */
  auditedTenant?: string;
  /** There is an entry for its beginning, and there will be one for its end. */
  auditBegun?: boolean;
}

/** A person, for who knows whom to look for: ids of people are chosen by clients, and may be names. */
export function unnamed(personId: string): string {
  return `person ${createHash('sha256').update(personId).digest('hex').slice(0, 12)}`;
}

/**
 * Notes each request of somebody who is known that changes something, is forbidden, or is marked as `Audited`; of the same
 * look at the same thing with the same result, unless it is forbidden, one in five minutes.
 */
@Injectable()
export class AuditTrail {
  /** When those who look were last noted for the same, the one who was so first comes first. */
  private readonly looks = new Map<string, number>();

  constructor(
    private readonly log: AuditLog,
    private readonly reflector: Reflector,
    private readonly clock: Clock,
  ) {}

  /** To be called once it is known who asks; the entry is written when the request has been answered. */
  follow(context: ExecutionContext, principal: Principal): void {
    const http = context.switchToHttp();
    const request = http.getRequest<Request & AuditedRequest>();
    const response = http.getResponse<Response>();
    const isNoted =
      !CHANGES_NOTHING.includes(request.method) || isAudited(this.reflector, context.getHandler(), context.getClass());
    response.once('close', () => {
      if (!isNoted && response.statusCode !== FORBIDDEN) return;
      void this.note(request, principal, response.writableFinished ? String(response.statusCode) : 'broken_off');
    });
  }

  /** For answers that go on and on: an entry now, besides the one at the end. Resolves when it is written. */
  begun(request: Request & AuditedRequest & { readonly principal: Principal }): Promise<void> {
    request.auditBegun = true;
    return this.note(request, request.principal, 'begun');
  }

  private async note(request: Request & AuditedRequest, principal: Principal, result: string): Promise<void> {
    const { role, tenant } = principal;
    const asked = request.auditedTenant;
    const path = (request.route as { path?: unknown } | undefined)?.path;
    const entry = {
      who: harmless(credentialOf(principal)),
      role,
      tenant,
      action: `${request.method} ${typeof path === 'string' ? path : ''}`,
      object: objectOf(request),
      ...(asked !== undefined && asked !== tenant && { of: harmless(asked) }),
      result,
    };
    const looks = CHANGES_NOTHING.includes(request.method) && !request.auditBegun && result !== String(FORBIDDEN);
    if (looks && this.looksOn(JSON.stringify(entry))) return;
    await this.log.record(entry);
  }

  private looksOn(look: string): boolean {
    const now = this.clock.now();
    const notedAt = this.looks.get(look);
    if (notedAt !== undefined && now - notedAt < LOOKS_ON_MS) return true;
    this.looks.delete(look);
    this.looks.set(look, now);
    if (this.looks.size > MOST_LOOKS) this.looks.delete(this.looks.keys().next().value!);
    return false;
  }
}

function objectOf(request: Request & AuditedRequest): string {
  return harmless(request.auditedObject ?? Object.values(request.params).flat().join(' '));
}

/** Names come from outside: nothing that could pass for another line, or another field. */
function harmless(name: string): string {
  return name.replaceAll(/[^\w.:@/ -]/g, '?').slice(0, LONGEST_OBJECT);
}
