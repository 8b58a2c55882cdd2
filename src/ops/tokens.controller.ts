import { Body, Controller, Post, Req, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { BrowserTokens } from '../auth/browser-tokens.js';
import { AccessGuard, type KnownRequest, NeedsRole } from './access.guard.js';
import { readOrder } from './read-order.js';

export const tokenOrder = z.strictObject({
  subject: z
    .string()
    .regex(/^[\w.@:-]{1,128}$/, 'allowed are up to 128 letters, digits and . _ @ : -')
    .optional(),
});

/** Credentials for pages: one call each, within a minute. */
@Controller('api/v1/tokens')
@UseGuards(AccessGuard)
export class TokensController {
  constructor(private readonly browserTokens: BrowserTokens) {}

  /** For the asker's own tenant, whoever the caller is. */
  @Post()
  @NeedsRole('integrator')
  async create(@Req() { principal }: KnownRequest, @Body() body: unknown) {
    const { subject } = readOrder(tokenOrder, body ?? {});
    const { token, expiresInMs } = await this.browserTokens.create(principal, subject ?? principal.subject);
    return { token, expires_in_s: Math.floor(expiresInMs / 1000) };
  }
}
