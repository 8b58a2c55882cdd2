import { Module } from '@nestjs/common';
import { Conversations } from './conversations.js';
import { ConversationsReadiness } from './conversations-readiness.js';

@Module({ providers: [Conversations, ConversationsReadiness], exports: [Conversations] })
export class ConversationsModule {}
