import { Module } from '@nestjs/common';
import { LlmConfig } from '../config/llm.config.js';
import { ScriptedConfig } from '../config/scripted.config.js';
import { Clock } from '../kernel/clock.js';
import { EmbeddedLlmClient } from './drivers/embedded/embedded-llm.client.js';
import { LlmClient } from './llm-client.js';
import { DialogueReadiness, LlmStep } from './llm.step.js';
import { configuredLlm } from './testing/configured-llm.js';

@Module({
  providers: [
    {
      provide: LlmClient,
      inject: [LlmConfig, ScriptedConfig, Clock],
      useFactory: (config: LlmConfig, scripted: ScriptedConfig, clock: Clock): LlmClient =>
        config.driver === 'scripted' ? configuredLlm(scripted, clock) : new EmbeddedLlmClient(clock),
    },
    LlmStep,
    DialogueReadiness,
  ],
  exports: [LlmClient],
})
export class LlmModule {}
