import { Module } from '@nestjs/common';
import { StateModule } from '../../state/state.module.js';
import { Conversations } from './conversations.js';
import { ConversationsReadiness } from './conversations-readiness.js';

@Module({ imports: [StateModule], providers: [Conversations, ConversationsReadiness], exports: [Conversations] })
export class ConversationsModule {}
