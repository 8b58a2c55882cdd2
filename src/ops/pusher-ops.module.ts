import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { JobsModule } from '../pusher/jobs/jobs.module.js';
import { WebhooksModule } from '../pusher/webhooks/webhooks.module.js';
import { ArchiveModule } from '../services/archive/archive.module.js';
import { ConversationsModule } from '../services/conversations/conversations.module.js';
import { AttemptLimitModule } from '../voice/attempt-limit.module.js';
import { JobsController } from './jobs.controller.js';

/** What operators see and do of what comes after calls. */
@Module({
  imports: [AuthModule, AttemptLimitModule, ConversationsModule, ArchiveModule, JobsModule, WebhooksModule],
  controllers: [JobsController],
})
export class PusherOpsModule {}
