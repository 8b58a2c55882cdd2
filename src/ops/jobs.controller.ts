import {
  ConflictException,
  Controller,
  Delete,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  Post,
  Req,
  UseGuards,
} from '@nestjs/common';
import { z } from 'zod';
import { type Principal, mayAccess } from '../auth/principal.js';
import { JobKind } from '../pusher/jobs/job-kinds.js';
import { type DeadJob, JobQueue } from '../pusher/jobs/job-queue.js';
import { nextReadingOf } from '../pusher/post-call/process-request.js';
import { Webhooks } from '../pusher/webhooks/webhooks.js';
import type { ConversationRecord } from '../services/conversations/conversation-record.js';
import { Conversations } from '../services/conversations/conversations.js';
import { AccessGuard, type KnownRequest, NeedsRole } from './access.guard.js';
import { askedTenant } from './asked-tenant.js';

const MOST_DEAD = 200;
const ofTenant = z.object({ tenant: z.string() });

/** What is done after calls, and what of it was given up. Of the asker's own tenant; an admin sees all. */
@Controller('api/v1')
@UseGuards(AccessGuard)
@NeedsRole('operator')
export class JobsController {
  constructor(
    private readonly queue: JobQueue,
    private readonly conversations: Conversations,
    private readonly webhooks: Webhooks,
  ) {}

  @Get('jobs')
  async list(@Req() { principal }: KnownRequest) {
    const { oldestMs, ...counts } = await this.queue.counts();
    return {
      driver: this.queue.name,
      ...counts,
      oldest_ms: oldestMs,
      dead_letters: (await this.dead(principal)).map(shown),
    };
  }

  /** A dead letter gets a new life. */
  @Post('jobs/:id/retry')
  @HttpCode(204)
  async retry(@Req() request: KnownRequest, @Param('id') id: string): Promise<void> {
    await this.expectDead(request, id);
    await this.queue.revive(id);
  }

  /** For good. */
  @Delete('jobs/:id')
  @HttpCode(204)
  async drop(@Req() request: KnownRequest, @Param('id') id: string): Promise<void> {
    await this.expectDead(request, id);
    await this.queue.remove(id);
  }

  /** Reads a conversation anew, with the model that there is now; receivers are told of what comes of it. */
  @Post('conversations/:id/process')
  @HttpCode(202)
  async process(@Req() request: KnownRequest, @Param('id') id: string) {
    const reading = nextReadingOf(await this.find(request, id));
    await this.queue.put({ id: reading.jobId, kind: JobKind.Process, payload: reading });
    return { job_id: reading.jobId, generation: reading.generation };
  }

  /** Tells receivers once more of what is known of a conversation. */
  @Post('conversations/:id/webhooks')
  @HttpCode(202)
  async replay(@Req() request: KnownRequest, @Param('id') id: string) {
    const record = await this.find(request, id);
    if (!record.insights) throw new ConflictException('The conversation has not been processed yet');
    return { job_ids: await this.webhooks.replay(record) };
  }

  private async find(request: KnownRequest, id: string): Promise<ConversationRecord> {
    const found = await this.conversations.find(askedTenant(request), id);
    if (!found) throw new NotFoundException('There is no such conversation');
    if (found.status === 'in_progress') throw new ConflictException('The conversation is still going on');
    return found;
  }

  private async dead(principal: Principal): Promise<DeadJob[]> {
    const dead = await this.queue.dead(MOST_DEAD);
    return dead.filter(({ payload }) => {
      const tenant = tenantOf(payload);
      return tenant === undefined ? principal.role === 'admin' : mayAccess(principal, tenant);
    });
  }

  private async expectDead(request: KnownRequest, id: string): Promise<void> {
    const found = (await this.dead(request.principal)).find((job) => job.id === id);
    if (!found) throw new NotFoundException('There is no such dead letter');
    request.auditedTenant = tenantOf(found.payload);
  }
}

function tenantOf(payload: unknown): string | undefined {
  return ofTenant.safeParse(payload).data?.tenant;
}

function shown({ id, kind, attempts, problem, diedAt }: DeadJob) {
  return { id, kind, attempts, problem, died_at: diedAt };
}
