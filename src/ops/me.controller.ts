import { Controller, Get, Req, UseGuards } from '@nestjs/common';
import { AccessGuard, type KnownRequest, NeedsRole } from './access.guard.js';

/** What a credential allows, for pages that show only what may be done. */
@Controller('api/v1/me')
@UseGuards(AccessGuard)
@NeedsRole('caller')
export class MeController {
  @Get()
  show(@Req() { principal }: KnownRequest) {
    const { subject, tenant, role } = principal;
    return { subject, tenant, role };
  }
}
