import { z } from 'zod';
import {
  type ConversationRecord,
  type ConversationSummary,
  conversationRecord,
} from '../services/conversations/conversation-record.js';

const renamed = {
  /** ISO 8601. */
  started_at: z.string(),
  /** Of the newest change. */
  updated_at: z.string(),
  /** Why its session ended last; null while it lasts. */
  end_reason: z.string().nullable(),
};

/** A conversation as the API shows it: like what is kept, in the spelling of all else that goes out. */
export const shownConversation = conversationRecord
  .omit({ startedAt: true, updatedAt: true, endReason: true })
  .extend(renamed);

/** The same for lists, without what was said. */
export const shownSummary = shownConversation
  .omit({ entries: true, traceparent: true, listened: true, processing: true, insights: true })
  .extend({ entry_count: z.number().describe('Turns, or segments'), title: z.string().nullable() });

export function conversationView(record: ConversationRecord): z.output<typeof shownConversation> {
  const { startedAt, updatedAt, endReason, ...rest } = record;
  return { ...rest, started_at: startedAt, updated_at: updatedAt, end_reason: endReason };
}

export function summaryView(summary: ConversationSummary): z.output<typeof shownSummary> {
  const { startedAt, updatedAt, endReason, entryCount, ...rest } = summary;
  return { ...rest, started_at: startedAt, updated_at: updatedAt, end_reason: endReason, entry_count: entryCount };
}
