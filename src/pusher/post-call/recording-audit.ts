import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { PostCallConfig } from '../../config/post-call.config.js';
import { ParleyError } from '../../kernel/errors.js';
import { Recordings } from '../../services/archive/recordings.js';
import type { ConversationRecord } from '../../services/conversations/conversation-record.js';
import { Conversations } from '../../services/conversations/conversations.js';
import { JobKind } from '../jobs/job-kinds.js';
import { type Job, JobQueue } from '../jobs/job-queue.js';
import { missingAudio } from './missing-audio.js';

const payload = z.object({ tenant: z.string(), conversationId: z.string(), endS: z.number() });

/**
 * Says of conversations that were listened to which of their audio is missing, once all that can still come has come: what
 * was on its way when a process was killed, nobody else knows of.
 */
@Injectable()
export class RecordingAudit {
  constructor(
    private readonly queue: JobQueue,
    private readonly conversations: Conversations,
    private readonly recordings: Recordings,
    private readonly config: PostCallConfig,
  ) {}

  start(): void {
    this.queue.work(JobKind.RecordingAudit, (job) => this.carryOut(job));
  }

  /** Of a conversation that has not been written since it was over. */
  async plan({ kind, tenant, id, startedAt, updatedAt }: ConversationRecord): Promise<void> {
    if (kind !== 'listen') return;
    const endS = Math.max(0, (Date.parse(updatedAt) - Date.parse(startedAt)) / 1000);
    const job = { id: `audit.${id}`, kind: JobKind.RecordingAudit, payload: { tenant, conversationId: id, endS } };
    await this.queue.put(job, this.config.auditMs);
  }

  private async carryOut(job: Job): Promise<void> {
    const asked = payload.safeParse(job.payload);
    if (!asked.success) throw new ParleyError('invalid_message', 'The job asks for nothing that is known here');
    const { tenant, conversationId, endS } = asked.data;
    const names = (await this.recordings.list(tenant, conversationId)).map(({ name }) => name.replace(/\.enc$/, ''));
    await this.conversations.change(tenant, conversationId, (stored) => {
      if (!stored?.listened?.recorded) return undefined;
      const missing = missingAudio(names, stored.listened.gaps, endS);
      if (missing.length === 0) return undefined;
      return { ...stored, listened: { ...stored.listened, gaps: [...stored.listened.gaps, ...missing] } };
    });
  }
}
