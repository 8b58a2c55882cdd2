import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { McpModule } from '../tools/mcp/mcp.module.js';
import { SpeechModule } from '../speech/speech.module.js';
import { StateModule } from '../state/state.module.js';
import { HealthController } from './health.controller.js';
import { ReadinessChecks } from './readiness-checks.js';
import { VoiceHealthController } from './voice-health.controller.js';

/** Of a process that takes calls. */
@Module({
  imports: [TerminusModule, DiscoveryModule, StateModule, SpeechModule, McpModule],
  controllers: [HealthController, VoiceHealthController],
  providers: [ReadinessChecks],
})
export class HealthModule {}

/** Of one that does not. */
@Module({
  imports: [TerminusModule, DiscoveryModule, StateModule],
  controllers: [HealthController],
  providers: [ReadinessChecks],
})
export class ProcessHealthModule {}
