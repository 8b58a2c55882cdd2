import { Injectable, Logger } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import { z } from 'zod';
import { ParleyError } from '../../kernel/errors.js';
import { type LifecycleStep, Step, type StepReport } from '../../lifecycle/step.js';
import { JobKind } from '../jobs/job-kinds.js';
import { type Job, type JobLease, JobQueue } from '../jobs/job-queue.js';
import { problemOfJob } from '../jobs/job-retries.js';
import { VoiceLearning } from './voice-learning.js';

const payload = z.object({
  tenant: z.string(),
  conversationId: z.string(),
  segmentIds: z.array(z.string()),
  personId: z.string(),
  personName: z.string(),
});

const samples = metrics
  .getMeter('parley.pusher')
  .createCounter('pusher.speakers.samples', { description: 'Requests to learn a voice, by what came of them' });

/** Learns voices, one job each. Only in a process that is a pusher. */
@Injectable()
@Step({ name: 'voice_learning', after: ['jobs', 'services', 'speakers'], timeoutMs: 5000 })
export class VoiceLearningStep implements LifecycleStep {
  private readonly logger = new Logger('VoiceLearning');

  constructor(
    private readonly queue: JobQueue,
    private readonly learning: VoiceLearning,
  ) {}

  /** Also where no voice is to be learned: what others have asked for must not lie there for ever. */
  start(): Promise<StepReport> {
    this.queue.work(JobKind.SpeakerSample, (job, lease) => this.learn(job, lease));
    return Promise.resolve({ summary: 'voices are learned here, if any are' });
  }

  private async learn(job: Job, { signal }: JobLease): Promise<void> {
    const request = payload.safeParse(job.payload);
    if (!request.success) throw new ParleyError('invalid_message', 'The job asks for nothing that is known here');
    const { conversationId } = request.data;
    try {
      const outcome = await this.learning.learn(job.id, request.data, signal);
      samples.add(1, { outcome });
      this.logger.log(`A voice of conversation ${conversationId}: ${outcome}`);
    } catch (error) {
      signal.throwIfAborted();
      const isFinal = error instanceof ParleyError && !error.retryable;
      samples.add(1, { outcome: isFinal ? 'refused' : 'failed' });
      this.logger.warn(`A voice of conversation ${conversationId}: ${problemOfJob(error)}`);
      throw error;
    }
  }
}
