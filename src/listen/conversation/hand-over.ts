import { messageOf } from '../../kernel/errors.js';
import type { PusherLink, ProcessResult } from '../../pusher/link/pusher-link.js';
import { nextReadingOf } from '../../pusher/post-call/process-request.js';
import type { Recordings } from '../../services/archive/recordings.js';
import type { ConversationRecord } from '../../services/conversations/conversation-record.js';
import type { Conversations } from '../../services/conversations/conversations.js';
import type { ListenEvent } from '../messages/server-messages.js';

export interface HandOverParts {
  readonly tenant: string;
  readonly conversations: Pick<Conversations, 'remove'>;
  readonly recordings: Pick<Recordings, 'removeAll'>;
  /** Undefined if there is none: then somebody will find what is to be processed in the store. */
  readonly link: () => PusherLink | undefined;
  readonly send: (event: ListenEvent) => void;
  readonly log: (level: 'warn' | 'error', message: string) => void;
}

/** What becomes of conversations that are over: nothing is processed here. */
export class HandOver {
  constructor(private readonly parts: HandOverParts) {}

  /** It is stored as it is to be processed. */
  request(record: ConversationRecord): void {
    const { send } = this.parts;
    send({ type: 'conversation_session', conversation_id: record.id, status: 'processing' });
    this.parts.link()?.requestProcessing(nextReadingOf(record));
    send({ type: 'memory_processing_started', conversation_id: record.id });
  }

  /** There was nothing in it. Never rejects. */
  async discard(conversationId: string): Promise<void> {
    const { tenant, conversations, recordings, send, log } = this.parts;
    send({ type: 'conversation_session', conversation_id: conversationId, status: 'discarded' });
    try {
      await conversations.remove(tenant, conversationId);
      await recordings.removeAll(tenant, conversationId);
    } catch (error) {
      log('warn', `An empty conversation cannot be removed: ${messageOf(error)}`);
    }
  }

  onResult({ conversationId, outcome, title = '', overview = '' }: ProcessResult): void {
    const { send } = this.parts;
    const memory = { id: conversationId, structured: { title, overview } };
    if (outcome === 'processed') send({ type: 'memory_created', memory });
    else if (outcome === 'discarded') send({ type: 'memory_created', memory, discarded: true });
    else if (outcome === 'failed')
      send({
        type: 'error',
        code: 'processing_failed',
        message: 'The conversation could not be processed',
        retryable: false,
        conversation_id: conversationId,
      });
  }
}
