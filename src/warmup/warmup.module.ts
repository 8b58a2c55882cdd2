import { Module } from '@nestjs/common';
import { AgentsModule } from '../agents/agents.module.js';
import { LlmModule } from '../llm/llm.module.js';
import { SpeechModule } from '../speech/speech.module.js';
import { McpModule } from '../tools/mcp/mcp.module.js';
import { McpReadiness, McpStep } from './mcp.step.js';
import { PhraseWarmup } from './phrase-warmup.js';
import { WarmupStep } from './warmup.step.js';

@Module({
  imports: [AgentsModule, LlmModule, SpeechModule, McpModule],
  providers: [PhraseWarmup, WarmupStep, McpStep, McpReadiness],
  exports: [PhraseWarmup],
})
export class WarmupModule {}
