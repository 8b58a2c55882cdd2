import { Module } from '@nestjs/common';
import { LinksModule } from '../pusher/link/links.module.js';
import { AgentsModule } from '../agents/agents.module.js';
import { EventsModule } from '../events/events.module.js';
import { ArchiveModule } from '../services/archive/archive.module.js';
import { ConversationsModule } from '../services/conversations/conversations.module.js';
import { PeopleModule } from '../services/people/people.module.js';
import { PhrasesModule } from '../services/phrases/phrases.module.js';
import { SpeechModule } from '../speech/speech.module.js';
import { StateModule } from '../state/state.module.js';
import { VoiceModule } from '../voice/voice.module.js';
import { ListeningHints } from './hearing/listening-hints.js';
import { ListenAdmission } from './listen-admission.js';
import { ListenHost } from './listen-host.js';
import { ListenMetrics } from './listen-metrics.js';
import { ListenServices } from './listen-services.js';
import { ListenGateway } from './listen.gateway.js';
import { SpeakerIdentification } from './speakers/speaker-identification.js';
import { VoiceIdentification } from './speakers/voice-identification.js';

/** Calls of others, written down live. */
@Module({
  imports: [
    StateModule,
    SpeechModule,
    ConversationsModule,
    ArchiveModule,
    PeopleModule,
    PhrasesModule,
    AgentsModule,
    EventsModule,
    VoiceModule,
    LinksModule,
  ],
  providers: [
    ListeningHints,
    ListenMetrics,
    { provide: SpeakerIdentification, useClass: VoiceIdentification },
    ListenServices,
    ListenHost,
    ListenAdmission,
    ListenGateway,
  ],
})
export class ListenModule {}
