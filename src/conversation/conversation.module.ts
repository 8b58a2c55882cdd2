import { Module } from '@nestjs/common';
import { AgentsModule } from '../agents/agents.module.js';
import { EventsModule } from '../events/events.module.js';
import { LlmModule } from '../llm/llm.module.js';
import { SpeechModule } from '../speech/speech.module.js';
import { ResumeStore } from './resume/resume-store.js';
import { ArchiveModule } from '../services/archive/archive.module.js';
import { PhrasesModule } from '../services/phrases/phrases.module.js';
import { ConversationsModule } from '../services/conversations/conversations.module.js';
import { StateModule } from '../state/state.module.js';
import { ToolsModule } from '../tools/tools.module.js';
import { VoiceServices } from './voice-services.js';

const needed = [
  ArchiveModule,
  PhrasesModule,
  ConversationsModule,
  StateModule,
  SpeechModule,
  LlmModule,
  ToolsModule,
  AgentsModule,
  EventsModule,
];

/** What a VoicePipeline, which is made for each session, is injected with. */
@Module({
  imports: needed,
  providers: [ResumeStore, VoiceServices],
  exports: [ResumeStore, VoiceServices, ...needed],
})
export class ConversationModule {}
