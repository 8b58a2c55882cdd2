import { Module } from '@nestjs/common';
import { ConversationsModule } from '../../services/conversations/conversations.module.js';
import { StoredOutcomes } from '../post-call/stored-outcomes.js';
import { ProcessOutcomes, ProcessResults } from './process-results.js';

/** What became of conversations, now and earlier. */
@Module({
  imports: [ConversationsModule],
  providers: [ProcessResults, { provide: ProcessOutcomes, useClass: StoredOutcomes }],
  exports: [ProcessResults, ProcessOutcomes],
})
export class ResultsModule {}
