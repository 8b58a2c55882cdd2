import { Injectable } from '@nestjs/common';
import { Conversations } from '../../services/conversations/conversations.js';
import type { ProcessRequest, ProcessResult } from '../link/pusher-link.js';
import { ProcessOutcomes } from '../server/process-results.js';

/** As the conversations themselves say. */
@Injectable()
export class StoredOutcomes extends ProcessOutcomes {
  constructor(private readonly conversations: Conversations) {
    super();
  }

  async find({ jobId, tenant, conversationId, generation }: ProcessRequest): Promise<ProcessResult | undefined> {
    const stored = await this.conversations.find(tenant, conversationId);
    if (!stored)
      return (await this.conversations.isRemoved(tenant, conversationId))
        ? { jobId, conversationId, outcome: 'discarded' }
        : undefined;
    const { insights, status } = stored;
    if (status === 'discarded') return { jobId, conversationId, outcome: 'discarded' };
    if (!insights || insights.generation < generation) return undefined;
    if (insights.generation > generation) return { jobId, conversationId, outcome: 'fenced' };
    return { jobId, conversationId, outcome: 'processed', title: insights.title, overview: insights.overview };
  }
}
