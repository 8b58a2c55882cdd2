import { type DynamicModule, Module } from '@nestjs/common';
import { AuthModule } from './auth/auth.module.js';
import { AgentsModule } from './agents/agents.module.js';
import { ConfigModule } from './config/config.module.js';
import type { LoadedConfig } from './config/load.js';
import { EventsModule } from './events/events.module.js';
import { HealthModule } from './health/health.module.js';
import { AppLoggerModule } from './lifecycle/logger.module.js';
import { LifecycleModule } from './lifecycle/lifecycle.module.js';
import { LlmModule } from './llm/llm.module.js';
import { OpsModule } from './ops/ops.module.js';
import { SpeechModule } from './speech/speech.module.js';
import { StateModule } from './state/state.module.js';
import { TelephonyModule } from './telephony/telephony.module.js';
import { ServicesModule } from './tools/services.module.js';
import { ToolsModule } from './tools/tools.module.js';
import { VoiceModule } from './voice/voice.module.js';
import { WarmupModule } from './warmup/warmup.module.js';

/** All modules, in the order in which they start. */
@Module({})
export class AppModule {
  static forRoot(config: LoadedConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        AppLoggerModule,
        LifecycleModule,
        StateModule,
        AuthModule,
        SpeechModule,
        LlmModule,
        ToolsModule,
        ServicesModule,
        AgentsModule,
        EventsModule,
        WarmupModule,
        VoiceModule,
        TelephonyModule,
        HealthModule,
        OpsModule,
      ],
    };
  }
}
