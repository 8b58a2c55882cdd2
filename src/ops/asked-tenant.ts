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
export function askedTenant({ principal, query: given }: KnownRequest): string {
  const parsed = tenantQuery.safeParse(given);
  if (!parsed.success) throw new BadRequestException('"tenant": is not the name of a tenant');
  return principal.role === 'admin' ? (parsed.data.tenant ?? principal.tenant) : principal.tenant;
}
