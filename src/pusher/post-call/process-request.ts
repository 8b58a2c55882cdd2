import type { ConversationRecord } from '../../services/conversations/conversation-record.js';
import type { ProcessRequest } from '../link/pusher-link.js';

/** The next reading of a conversation: asking for it again before it is done is asking for the same. */
export function nextReadingOf(record: ConversationRecord): ProcessRequest {
  const { tenant, id, insights, listened, traceparent } = record;
  const generation = (insights?.generation ?? 0) + 1;
  return {
    jobId: processJobId(id, generation),
    tenant,
    conversationId: id,
    generation,
    language: listened?.language ?? 'en',
    ...(traceparent !== undefined && { traceparent }),
  };
}

export function processJobId(conversationId: string, generation: number): string {
  return `process.${conversationId}.${generation}`;
}
