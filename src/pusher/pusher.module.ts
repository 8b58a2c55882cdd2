import { Module } from '@nestjs/common';
import { AttemptLimitModule } from '../voice/attempt-limit.module.js';
import { JobsModule } from './jobs/jobs.module.js';
import { LinksModule } from './link/links.module.js';
import { PostCallModule } from './post-call/post-call.module.js';
import { ArchiveModule } from '../services/archive/archive.module.js';
import { ConversationsModule } from '../services/conversations/conversations.module.js';
import { ArchiveAudioSink } from './audio/archive-audio-sink.js';
import { AudioReadiness } from './audio/audio-readiness.js';
import { AudioRetention } from './audio/audio-retention.js';
import { AudioSink } from './server/audio-sink.js';
import { PusherAdmission } from './server/pusher-admission.js';
import { PusherDrain } from './server/pusher-drain.js';
import { PusherSessions } from './server/pusher-sessions.js';
import { PusherGateway } from './server/pusher.gateway.js';
import { ResultsModule } from './server/results.module.js';
import { VoiceLearningModule } from './speakers/voice-learning.module.js';
import { NoTranscriptSink, TranscriptSink } from './server/transcript-sink.js';

/** The pusher: takes conversations that are over, and what belongs to them, and does what is to be done with them. */
@Module({
  imports: [
    AttemptLimitModule,
    ConversationsModule,
    ArchiveModule,
    LinksModule,
    JobsModule,
    ResultsModule,
    PostCallModule,
    VoiceLearningModule,
  ],
  providers: [
    ArchiveAudioSink,
    { provide: AudioSink, useExisting: ArchiveAudioSink },
    AudioReadiness,
    AudioRetention,
    { provide: TranscriptSink, useClass: NoTranscriptSink },
    PusherSessions,
    PusherAdmission,
    PusherGateway,
    PusherDrain,
  ],
})
export class PusherModule {}
