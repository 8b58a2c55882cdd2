import { Module } from '@nestjs/common';
import { ArchiveModule } from '../../services/archive/archive.module.js';
import { ConversationsModule } from '../../services/conversations/conversations.module.js';
import { PeopleModule } from '../../services/people/people.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { VoiceLearning } from './voice-learning.js';
import { VoiceLearningStep } from './voice-learning.step.js';

@Module({
  imports: [ArchiveModule, ConversationsModule, PeopleModule, JobsModule],
  providers: [VoiceLearning, VoiceLearningStep],
})
export class VoiceLearningModule {}
