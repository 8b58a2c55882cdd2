import { Module } from '@nestjs/common';
import { AgentsModule } from '../agents/agents.module.js';
import { SpeechModule } from '../speech/speech.module.js';
import { McpStep } from './mcp.step.js';
import { WarmupStep } from './warmup.step.js';

@Module({ imports: [AgentsModule, SpeechModule], providers: [WarmupStep, McpStep] })
export class WarmupModule {}
