import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { JobsModule } from '../pusher/jobs/jobs.module.js';
import { WebhooksModule } from '../pusher/webhooks/webhooks.module.js';
import { ArchiveModule } from '../services/archive/archive.module.js';
import { ConversationsModule } from '../services/conversations/conversations.module.js';
import { AttemptLimitModule } from '../voice/attempt-limit.module.js';
import { PeopleModule } from '../services/people/people.module.js';
import { Erasure } from './erasure.js';
import { JobsController } from './jobs.controller.js';
import { PrivacyController } from './privacy.controller.js';
import { ApiDocsModule } from './api-docs/api-docs.module.js';
import { AuditModule } from './audit/audit.module.js';

/** What operators see and do of what comes after calls. */
@Module({
  imports: [
    ApiDocsModule,
    AuditModule,
    AuthModule,
    AttemptLimitModule,
    ConversationsModule,
    ArchiveModule,
    JobsModule,
    PeopleModule,
    WebhooksModule,
  ],
  providers: [Erasure],
  controllers: [JobsController, PrivacyController],
})
export class PusherOpsModule {}
