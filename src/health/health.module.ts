import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { SpeechModule } from '../speech/speech.module.js';
import { StateModule } from '../state/state.module.js';
import { HealthController } from './health.controller.js';

@Module({
  imports: [TerminusModule, DiscoveryModule, StateModule, SpeechModule],
  controllers: [HealthController],
})
export class HealthModule {}
