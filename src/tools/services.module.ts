import { Module } from '@nestjs/common';
import { ArchiveModule } from '../services/archive/archive.module.js';
import { ConversationsModule } from '../services/conversations/conversations.module.js';
import { ServicesReadiness, ServicesStep } from './banking/services.step.js';
import { ToolsModule } from './tools.module.js';

/** Starts and stops what calls and tools work on. */
@Module({ imports: [ToolsModule, ConversationsModule, ArchiveModule], providers: [ServicesStep, ServicesReadiness] })
export class ServicesModule {}
