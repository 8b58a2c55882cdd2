import { Body, Controller, Delete, Get, HttpCode, Put, Req, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { phraseList } from '../services/phrases/phrase-list.js';
import { PhraseListManager } from '../services/phrases/phrase-list-manager.js';
import { AccessGuard, type KnownRequest, NeedsRole } from './access.guard.js';
import { askedTenant } from './asked-tenant.js';
import { readOrder } from './read-order.js';

export const phrasesOrder = z.strictObject({ phrases: phraseList });

/** Words and names that recognisers should expect in calls of the asker's tenant; an admin may name another. */
@Controller('api/v1/phrases')
@UseGuards(AccessGuard)
@NeedsRole('operator')
export class PhrasesController {
  constructor(private readonly manager: PhraseListManager) {}

  @Get()
  async show(@Req() request: KnownRequest) {
    return this.view((await this.manager.read(askedTenant(request)))?.phrases);
  }

  /** Replaces the list. In effect in calls on every replica within 30 s. */
  @Put()
  async set(@Req() request: KnownRequest, @Body() body: unknown) {
    const { phrases } = readOrder(phrasesOrder, body);
    return this.view((await this.manager.set(askedTenant(request), phrases)).phrases);
  }

  @Delete()
  @HttpCode(204)
  async clear(@Req() request: KnownRequest): Promise<void> {
    await this.manager.set(askedTenant(request), []);
  }

  /** Those of the settings hold for all tenants. */
  private view(phrases: readonly string[] = []) {
    return { phrases, configured: this.manager.configured };
  }
}
