import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { ParleyError } from '../../kernel/errors.js';
import { type LifecycleStep, Step, type StepReport } from '../../lifecycle/step.js';
import type { ConversationRecord } from '../../services/conversations/conversation-record.js';
import { JobKind } from '../jobs/job-kinds.js';
import { type Job, type JobLease, JobQueue } from '../jobs/job-queue.js';
import { ProcessResults } from '../server/process-results.js';
import { Webhooks } from '../webhooks/webhooks.js';
import { PostCall } from './post-call.js';
import { RecordingAudit } from './recording-audit.js';
import { Reconciler } from './reconciler.js';

const payload = z.object({
  jobId: z.string(),
  tenant: z.string(),
  conversationId: z.string(),
  generation: z.number().int().min(1),
  language: z.string(),
});

/** Reads conversations that are over, one job each. Only in a process that is a pusher. */
@Injectable()
@Step({ name: 'post_call', after: ['jobs', 'webhooks', 'aoai', 'services'], timeoutMs: 5000 })
export class PostCallStep implements LifecycleStep {
  constructor(
    private readonly queue: JobQueue,
    private readonly postCall: PostCall,
    private readonly results: ProcessResults,
    private readonly reconciler: Reconciler,
    private readonly webhooks: Webhooks,
    private readonly audit: RecordingAudit,
  ) {}

  start(): Promise<StepReport> {
    this.queue.work(JobKind.Process, (job, lease) => this.process(job, lease));
    this.audit.start();
    this.reconciler.start();
    return Promise.resolve({ summary: 'conversations are processed here' });
  }

  stop(): Promise<void> {
    return this.reconciler.stop();
  }

  private async process(job: Job, { signal }: JobLease): Promise<void> {
    const request = payload.safeParse(job.payload);
    if (!request.success) throw new ParleyError('invalid_message', 'The job asks for nothing that is known here');
    const attendant = {
      begun: (record: ConversationRecord) => this.audit.plan(record),
      done: (record: ConversationRecord) => this.webhooks.announce(record),
    };
    this.results.settle(await this.postCall.process(request.data, attendant, signal));
  }
}
