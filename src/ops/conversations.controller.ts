import { Controller, Delete, Get, HttpCode, NotFoundException, Param, Query, Req, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { Conversations } from '../services/conversations/conversations.js';
import { Recordings } from '../services/archive/recordings.js';
import { People } from '../services/people/people.js';
import { Audited } from './audit/audit-trail.js';
import { AccessGuard, type KnownRequest, NeedsRole } from './access.guard.js';
import { allowedTenant, tenantName } from './asked-tenant.js';
import { conversationView, summaryView } from './conversation-view.js';
import { readOrder } from './read-order.js';

const LIMIT = 'allowed is a whole number from 1 to 200';

export const conversationsQuery = z.strictObject({
  limit: z.coerce.number(LIMIT).int(LIMIT).min(1, LIMIT).max(200, LIMIT).default(50),
  before: z.iso.datetime({ offset: true }).optional(),
  tenant: tenantName.optional(),
  token: z.string().optional(),
});

const ids = /^[\w.:-]{1,128}$/;

/** What was said in calls that are kept. Of the asker's own tenant; an admin may name another. */
@Controller('api/v1/conversations')
@UseGuards(AccessGuard)
@NeedsRole('operator')
export class ConversationsController {
  constructor(
    private readonly conversations: Conversations,
    private readonly recordings: Recordings,
    private readonly people: People,
  ) {}

  /**
   * The newest first, with their titles, which say what a call was about, and often in words that were said in it.
   * `?before=` goes on behind the last one's `started_at`.
   */
  @Get()
  @Audited()
  async list(@Req() request: KnownRequest, @Query() given: unknown) {
    const { limit, before, tenant } = read(given);
    const found = await this.conversations.list({ tenant: allowedTenant(request, tenant), limit, before });
    return { conversations: found.map(summaryView) };
  }

  @Get(':id')
  @Audited()
  async get(@Req() request: KnownRequest, @Param('id') id: string, @Query() given: unknown) {
    const found = await this.conversations.find(allowedTenant(request, read(given).tenant), id);
    if (!found) throw new NotFoundException('There is no such conversation');
    return conversationView(found);
  }

  /** For good, with what was recorded, and with what was learned of voices from it. */
  @Delete(':id')
  @HttpCode(204)
  async remove(@Req() request: KnownRequest, @Param('id') id: string, @Query() given: unknown): Promise<void> {
    // Other things than conversations lie in the archive, under names that none has.
    if (!ids.test(id)) throw new NotFoundException('There is no such conversation');
    const tenant = allowedTenant(request, read(given).tenant);
    const recordings = await this.recordings.removeAll(tenant, id);
    const isGone = await this.conversations.remove(tenant, id);
    await this.people.forgetConversations(tenant, new Set([id]));
    if (!isGone && recordings === 0) throw new NotFoundException('There is no such conversation');
  }
}

function read(given: unknown): z.output<typeof conversationsQuery> {
  return readOrder(conversationsQuery, given, 'query');
}
