import type { ConversationRecord } from '../../services/conversations/conversation-record.js';
import { turnsOf } from '../post-call/call-turns.js';

/** What receivers of `conversation.completed` get: the same text each time it is sent, for the same reading. */
export function bodyOf(record: ConversationRecord, withTranscript: boolean): string {
  const { id, tenant, kind, scenario, agent, startedAt, endReason, insights, listened } = record;
  return JSON.stringify({
    type: 'conversation.completed',
    timestamp: insights?.processed_at ?? record.updatedAt,
    data: {
      conversation_id: id,
      tenant,
      kind,
      started_at: startedAt,
      end_reason: endReason,
      ...(kind === 'voice' ? { scenario, agent } : { language: listened?.language, consent: listened?.consent }),
      insights,
      ...(withTranscript && {
        transcript: turnsOf(record).map(({ leg, text, startMs, endMs }) => ({
          leg,
          text,
          start: startMs / 1000,
          end: endMs / 1000,
        })),
      }),
    },
  });
}
