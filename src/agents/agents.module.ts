import { Module } from '@nestjs/common';
import { ToolsModule } from '../tools/tools.module.js';
import { SpeechModule } from '../speech/speech.module.js';
import { AgentCatalog } from './agent-catalog.js';
import { AgentReload } from './agent-reload.js';
import { AgentsReadiness, AgentsStep } from './agents.step.js';

@Module({
  imports: [ToolsModule, SpeechModule],
  providers: [AgentCatalog, AgentReload, AgentsStep, AgentsReadiness],
  exports: [AgentCatalog, AgentReload],
})
export class AgentsModule {}
