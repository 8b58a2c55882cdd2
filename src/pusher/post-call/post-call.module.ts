import { Module } from '@nestjs/common';
import { LlmModule } from '../../llm/llm.module.js';
import { ArchiveModule } from '../../services/archive/archive.module.js';
import { ConversationsModule } from '../../services/conversations/conversations.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { ResultsModule } from '../server/results.module.js';
import { WebhooksModule } from '../webhooks/webhooks.module.js';
import { PostCall } from './post-call.js';
import { PostCallStep } from './post-call.step.js';
import { RecordingAudit } from './recording-audit.js';
import { Reconciler } from './reconciler.js';

/** What is done when a conversation is over. */
@Module({
  imports: [LlmModule, ArchiveModule, ConversationsModule, JobsModule, ResultsModule, WebhooksModule],
  providers: [PostCall, Reconciler, RecordingAudit, PostCallStep],
})
export class PostCallModule {}
