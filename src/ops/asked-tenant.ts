import { NotFoundException } from '@nestjs/common';
import { z } from 'zod';
import { mayAccess } from '../auth/principal.js';
import type { KnownRequest } from './access.guard.js';
import { readOrder } from './read-order.js';

export const tenantName = z.string().regex(/^[\w-]{1,64}$/, 'is not the name of a tenant');
export const tenantQuery = z.looseObject({ tenant: tenantName.optional() });

/** Whose data a request is about: the asker's own; an admin may name another with `?tenant=`. */
export function askedTenant(request: KnownRequest): string {
  return allowedTenant(request, readOrder(tenantQuery, request.query, 'query').tenant);
}

/** The same where the query has been read. */
export function allowedTenant(request: KnownRequest, asked: string | undefined): string {
  const { principal } = request;
  if (principal.role !== 'admin' || asked === undefined) return principal.tenant;
  request.auditedTenant = asked;
  return asked;
}

/**
 * For what is found by its id, whoever it belongs to. Throws 404 with `missing` if it is none of the asker's business: as far
 * as they are concerned there is none. Whose it is stands in the audit log.
 */
export function expectAccess(request: KnownRequest, tenant: string | undefined, missing: string): void {
  if (tenant === undefined || !mayAccess(request.principal, tenant)) throw new NotFoundException(missing);
  request.auditedTenant = tenant;
}
