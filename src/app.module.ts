import { type DynamicModule, Module } from '@nestjs/common';
import { AuthModule } from './auth/auth.module.js';
import { AgentsModule } from './agents/agents.module.js';
import { ConfigModule } from './config/config.module.js';
import type { LoadedConfig } from './config/load.js';
import { EventsModule } from './events/events.module.js';
import { HealthModule, ProcessHealthModule } from './health/health.module.js';
import { ListenModule } from './listen/listen.module.js';
import { AppLoggerModule } from './lifecycle/logger.module.js';
import { LifecycleModule } from './lifecycle/lifecycle.module.js';
import { LlmModule } from './llm/llm.module.js';
import { ServerConfig } from './config/server.config.js';
import { HandOverModule } from './pusher/post-call/hand-over.module.js';
import { PusherModule } from './pusher/pusher.module.js';
import { ForwardedModule } from './ops/forwarded.module.js';
import { PusherOpsModule } from './ops/pusher-ops.module.js';
import { OpsModule } from './ops/ops.module.js';
import { SpeechModule } from './speech/speech.module.js';
import { StateModule } from './state/state.module.js';
import { TelephonyModule } from './telephony/telephony.module.js';
import { ServicesModule } from './services/services.module.js';
import { ToolsModule } from './tools/tools.module.js';
import { VoiceModule } from './voice/voice.module.js';
import { WarmupModule } from './warmup/warmup.module.js';

/** What every process has, in the order in which it starts. */
const CORE = [AppLoggerModule, LifecycleModule, StateModule, AuthModule];
/** What takes calls. */
const CALLS = [
  SpeechModule,
  LlmModule,
  ToolsModule,
  ServicesModule,
  AgentsModule,
  EventsModule,
  WarmupModule,
  VoiceModule,
  TelephonyModule,
  HandOverModule,
  ListenModule,
];

const ROLES = {
  all: [...CALLS, PusherModule, HealthModule, OpsModule, PusherOpsModule],
  voice: [...CALLS, HealthModule, OpsModule, ForwardedModule],
  pusher: [LlmModule, ServicesModule, PusherModule, ProcessHealthModule, PusherOpsModule],
};

/** The modules of this process, which depend on its role, in the order in which they start. */
@Module({})
export class AppModule {
  static forRoot(config: LoadedConfig): DynamicModule {
    const { role } = config.values.get(ServerConfig) as ServerConfig;
    return { module: AppModule, imports: [ConfigModule.forRoot(config), ...CORE, ...ROLES[role]] };
  }
}
