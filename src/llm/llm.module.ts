import { Logger, Module } from '@nestjs/common';
import { AzureOpenAiConfig } from '../config/azure-openai.config.js';
import { LlmConfig } from '../config/llm.config.js';
import { OpenAiConfig } from '../config/openai.config.js';
import { ScriptedConfig } from '../config/scripted.config.js';
import { Clock } from '../kernel/clock.js';
import { configuredModels } from './configured-models.js';
import type { LlmLog } from './failover/guarded-model.js';
import { LlmClient } from './llm-client.js';
import { DialogueReadiness, LlmStep } from './llm.step.js';

const logger = new Logger('Llm');
const log: LlmLog = (level, line) => logger[level === 'info' ? 'log' : level](line);

@Module({
  providers: [
    {
      provide: LlmClient,
      inject: [LlmConfig, AzureOpenAiConfig, OpenAiConfig, ScriptedConfig, Clock],
      useFactory: (
        llm: LlmConfig,
        azure: AzureOpenAiConfig,
        openai: OpenAiConfig,
        scripted: ScriptedConfig,
        clock: Clock,
      ): Promise<LlmClient> => configuredModels({ llm, azure, openai, scripted }, clock, log),
    },
    LlmStep,
    DialogueReadiness,
  ],
  exports: [LlmClient],
})
export class LlmModule {}
