import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { McpModule } from '../tools/mcp/mcp.module.js';
import { SpeechModule } from '../speech/speech.module.js';
import { StateModule } from '../state/state.module.js';
import { HealthController } from './health.controller.js';

@Module({
  imports: [TerminusModule, DiscoveryModule, StateModule, SpeechModule, McpModule],
  controllers: [HealthController],
})
export class HealthModule {}
