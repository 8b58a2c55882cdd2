import { Module } from '@nestjs/common';
import { ToolsModule } from '../tools/tools.module.js';
import { AgentCatalog } from './agent-catalog.js';

@Module({ imports: [ToolsModule], providers: [AgentCatalog], exports: [AgentCatalog] })
export class AgentsModule {}
