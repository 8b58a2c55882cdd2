import { Module } from '@nestjs/common';
import { LlmConfig } from '../config/llm.config.js';
import { Clock } from '../kernel/clock.js';
import { EmbeddedLlmClient } from './drivers/embedded/embedded-llm.client.js';
import { LlmClient } from './llm-client.js';
import { DialogueReadiness, LlmStep } from './llm.step.js';

@Module({
  providers: [
    {
      provide: LlmClient,
      inject: [LlmConfig, Clock],
      useFactory: (config: LlmConfig, clock: Clock): LlmClient => {
        switch (config.driver) {
          case 'embedded':
          default:
            return new EmbeddedLlmClient(clock);
        }
      },
    },
    LlmStep,
    DialogueReadiness,
  ],
  exports: [LlmClient],
})
export class LlmModule {}
