import { Module } from '@nestjs/common';
import { ConversationsModule } from '../services/conversations/conversations.module.js';
import { ServicesReadiness, ServicesStep } from './banking/services.step.js';
import { ToolsModule } from './tools.module.js';

/** Starts and stops what calls and tools work on. */
@Module({ imports: [ToolsModule, ConversationsModule], providers: [ServicesStep, ServicesReadiness] })
export class ServicesModule {}
