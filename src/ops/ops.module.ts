import { Module } from '@nestjs/common';
import { AgentsModule } from '../agents/agents.module.js';
import { StateModule } from '../state/state.module.js';
import { VoiceModule } from '../voice/voice.module.js';
import { ArchiveModule } from '../services/archive/archive.module.js';
import { ConversationsModule } from '../services/conversations/conversations.module.js';
import { PeopleModule } from '../services/people/people.module.js';
import { PhrasesModule } from '../services/phrases/phrases.module.js';
import { TelephonyModule } from '../telephony/telephony.module.js';
import { WarmupModule } from '../warmup/warmup.module.js';
import { AgentsController } from './agents.controller.js';
import { CallsController } from './calls.controller.js';
import { ConsoleController } from './console.controller.js';
import { ConversationsController } from './conversations.controller.js';
import { MeController } from './me.controller.js';
import { OpsController } from './ops.controller.js';
import { PeopleController } from './people.controller.js';
import { PhrasesController } from './phrases.controller.js';
import { RecordingsController } from './recordings.controller.js';
import { OverridesController } from './overrides.controller.js';
import { TokensController } from './tokens.controller.js';
import { LlmModule } from '../llm/llm.module.js';
import { LinksModule } from '../pusher/link/links.module.js';
import { SpeechModule } from '../speech/speech.module.js';
import { McpModule } from '../tools/mcp/mcp.module.js';
import { DependenciesController } from './dependencies.controller.js';
import { LiveModule } from './live/live.module.js';
import { ApiDocsModule } from './api-docs/api-docs.module.js';
import { AuditModule } from './audit/audit.module.js';

@Module({
  imports: [
    ApiDocsModule,
    LiveModule,
    LinksModule,
    LlmModule,
    McpModule,
    SpeechModule,
    AuditModule,
    StateModule,
    AgentsModule,
    ConversationsModule,
    ArchiveModule,
    PeopleModule,
    PhrasesModule,
    VoiceModule,
    TelephonyModule,
    WarmupModule,
  ],
  controllers: [
    AgentsController,
    CallsController,
    ConversationsController,
    DependenciesController,
    MeController,
    OpsController,
    OverridesController,
    PeopleController,
    PhrasesController,
    RecordingsController,
    TokensController,
    ConsoleController,
  ],
})
export class OpsModule {}
