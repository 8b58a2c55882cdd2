import { Injectable } from '@nestjs/common';
import { Readiness, type ReadinessCheck } from '../../lifecycle/readiness-check.js';
import { Conversations } from './conversations.js';

/** Not critical: what cannot be written is kept on disk and written later. */
@Injectable()
@Readiness({ name: 'conversations', critical: false, timeoutMs: 2000, cacheMs: 1000 })
export class ConversationsReadiness implements ReadinessCheck {
  constructor(private readonly conversations: Conversations) {}

  check(): Promise<Record<string, unknown>> {
    return this.conversations.check();
  }
}
