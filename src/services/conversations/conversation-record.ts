import { z } from 'zod';

const base = { id: z.string(), at_ms: z.number() };

const entry = z.discriminatedUnion('role', [
  z.object({
    ...base,
    role: z.literal('caller'),
    source: z.enum(['voice', 'text', 'dtmf']),
    text: z.string(),
    /** There was speech, but it was not understood. */
    rejected: z.boolean(),
  }),
  z.object({
    ...base,
    role: z.literal('agent'),
    agent: z.string(),
    /** As far as it was heard. */
    text: z.string(),
    outcome: z.enum(['completed', 'interrupted', 'failed']),
  }),
  z.object({ ...base, role: z.literal('tool'), agent: z.string(), tool: z.string(), ok: z.boolean() }),
]);

export const conversationRecord = z.object({
  /** That of its session. */
  id: z.string(),
  tenant: z.string(),
  scenario: z.string(),
  /** Who speaks, or spoke last. */
  agent: z.string(),
  status: z.enum(['in_progress', 'completed']),
  /** ISO 8601. */
  startedAt: z.string(),
  /** Of the newest change. */
  updatedAt: z.string(),
  /** Why its session ended last; null while it lasts. */
  endReason: z.string().nullable(),
  /** In the order in which they began; `at_ms` counts from `startedAt`. */
  entries: z.array(entry),
});

/** What was said in one call, and what came of it. */
export type ConversationRecord = z.output<typeof conversationRecord>;
export type ConversationEntry = z.output<typeof entry>;

export type ConversationSummary = Omit<ConversationRecord, 'entries'> & { readonly entryCount: number };

export function summaryOf({ entries, ...rest }: ConversationRecord): ConversationSummary {
  return { ...rest, entryCount: entries.length };
}

/**
 * Two states of one conversation that were written by different replicas, before and after a reconnect: every entry of
 * either, and the rest of whichever is newer.
 */
export function merged(one: ConversationRecord, other: ConversationRecord): ConversationRecord {
  return one.updatedAt <= other.updatedAt ? continued(one, other) : continued(other, one);
}

/** `later`, with the entries that only `earlier` has: a session that goes on begins with none. */
export function continued(earlier: ConversationRecord, later: ConversationRecord): ConversationRecord {
  const entries = new Map([...earlier.entries, ...later.entries].map((item) => [identityOf(item), item]));
  return {
    ...later,
    startedAt: earlier.startedAt < later.startedAt ? earlier.startedAt : later.startedAt,
    entries: [...entries.values()].sort((a, b) => a.at_ms - b.at_ms),
  };
}

/** A session that goes on with a state from before its last turn counts that turn once more: there are two of its id then. */
function identityOf({ id, at_ms }: ConversationEntry): string {
  return `${id} ${at_ms}`;
}
