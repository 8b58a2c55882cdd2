import { Injectable } from '@nestjs/common';
import { SpanKind } from '@opentelemetry/api';
import { z } from 'zod';
import { Clock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import { LiveSpan, contextOf, errorTypeOf } from '../../kernel/live-span.js';
import { Attribute, SpanName } from '../../kernel/telemetry-names.js';
import { type LifecycleStep, Step, type StepReport } from '../../lifecycle/step.js';
import type { ConversationRecord } from '../../services/conversations/conversation-record.js';
import { JobKind } from '../jobs/job-kinds.js';
import { type Job, type JobLease, JobQueue } from '../jobs/job-queue.js';
import type { ProcessRequest } from '../link/pusher-link.js';
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
  traceparent: z.string().optional(),
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
    private readonly clock: Clock,
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
    const { traceparent, ...asked } = request.data;
    const span = this.spanOf(asked, traceparent);
    try {
      await span.run(() => this.read(asked, signal, span));
    } catch (error) {
      span.fail(errorTypeOf(error));
      throw error;
    } finally {
      span.end();
    }
  }

  /** In the trace of the call, which may have ended long ago, in another process. One for each attempt. */
  private spanOf({ conversationId, tenant, jobId }: ProcessRequest, traceparent: string | undefined): LiveSpan {
    return LiveSpan.start(SpanName.postCall, contextOf({ traceparent }), {
      clock: this.clock,
      kind: SpanKind.CONSUMER,
      attributes: {
        [Attribute.conversation]: conversationId,
        [Attribute.tenant]: tenant,
        [Attribute.job]: jobId,
      },
    });
  }

  private async read(request: ProcessRequest, signal: AbortSignal, span: LiveSpan): Promise<void> {
    const attendant = {
      begun: (record: ConversationRecord) => this.audit.plan(record),
      done: (record: ConversationRecord) => this.webhooks.announce(record),
    };
    const result = await this.postCall.process(request, attendant, signal);
    span.set({ [Attribute.outcome]: result.outcome });
    this.results.settle(result);
  }
}
