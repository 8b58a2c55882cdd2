import { Module } from '@nestjs/common';
import { ConversationsModule } from '../../services/conversations/conversations.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { Webhooks } from './webhooks.js';

@Module({ imports: [ConversationsModule, JobsModule], providers: [Webhooks], exports: [Webhooks] })
export class WebhooksModule {}
