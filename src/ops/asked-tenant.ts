import { BadRequestException } from '@nestjs/common';
import { z } from 'zod';
import type { KnownRequest } from './access.guard.js';

export const tenantQuery = z.looseObject({
  tenant: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .optional(),
});

/** Whose data a request is about: the asker's own; an admin may name another with `?tenant=`. */
export function askedTenant(request: KnownRequest): string {
  const parsed = tenantQuery.safeParse(request.query);
  if (!parsed.success) throw new BadRequestException('"tenant": is not the name of a tenant');
  return allowedTenant(request, parsed.data.tenant);
}

/** The same where the query has been read. */
export function allowedTenant(request: KnownRequest, asked: string | undefined): string {
  const { principal } = request;
  if (principal.role !== 'admin' || asked === undefined) return principal.tenant;
  request.auditedTenant = asked;
  return asked;
}
