import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { AuthModule } from '../auth/auth.module.js';
import { McpModule } from '../tools/mcp/mcp.module.js';
import { SpeechModule } from '../speech/speech.module.js';
import { StateModule } from '../state/state.module.js';
import { AttemptLimitModule } from '../voice/attempt-limit.module.js';
import { HealthController } from './health.controller.js';
import { Onlookers } from './onlookers.js';
import { ReadinessChecks } from './readiness-checks.js';
import { VoiceHealthController } from './voice-health.controller.js';

/** Of a process that takes calls. */
@Module({
  imports: [TerminusModule, DiscoveryModule, AuthModule, AttemptLimitModule, StateModule, SpeechModule, McpModule],
  controllers: [HealthController, VoiceHealthController],
  providers: [ReadinessChecks, Onlookers],
})
export class HealthModule {}

/** Of one that does not. */
@Module({
  imports: [TerminusModule, DiscoveryModule, AuthModule, AttemptLimitModule, StateModule],
  controllers: [HealthController],
  providers: [ReadinessChecks, Onlookers],
})
export class ProcessHealthModule {}
