import { z } from 'zod';

const base = { id: z.string(), at_ms: z.number() };

/** How long the parts of an answer took until it was heard; those that were measured, as clients are told them. */
const latency = z
  .object({
    endpointing_ms: z.number(),
    stt_final_ms: z.number(),
    llm_first_token_ms: z.number(),
    llm_first_sentence_ms: z.number(),
    tts_first_byte_ms: z.number(),
    voice_to_voice_ms: z.number(),
    barge_in_stop_ms: z.number(),
  })
  .partial();

export const conversationEntry = z.discriminatedUnion('role', [
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
    /** With the first entry of each answer. */
    latency: latency.optional(),
  }),
  z.object({ ...base, role: z.literal('tool'), agent: z.string(), tool: z.string(), ok: z.boolean() }),
]);

const segment = z.object({
  id: z.string(),
  text: z.string(),
  /** `SPEAKER_00` and so on, as the recogniser tells voices of this conversation apart. */
  speaker: z.string(),
  speaker_id: z.number(),
  /** Said by our side. */
  is_user: z.boolean(),
  /** Who it is, where that is known. */
  person_id: z.string().nullable(),
  /** Seconds since the conversation's `startedAt`. */
  start: z.number(),
  end: z.number(),
  stt_provider: z.string(),
});

const gap = z.object({
  /** Seconds since the conversation's `startedAt`. */
  start: z.number(),
  end: z.number(),
  /** What there is none of. */
  of: z.enum(['audio', 'transcript', 'recording']),
  reason: z.string(),
});

const listened = z.object({
  /** The session that may write it; what another one writes is void. */
  owner: z.string(),
  /** BCP 47. */
  language: z.string(),
  /** What the client says of where the audio comes from. */
  source: z.string().nullable(),
  channels: z.union([z.literal(1), z.literal(2)]),
  /** Whether those who speak have agreed to be recorded. */
  consent: z.enum(['granted', 'denied', 'unknown']),
  /** Whether its audio is to be archived. */
  recorded: z.boolean().optional(),
  /** Nothing of what is said is to be heard, also by the session that goes on with it. */
  paused: z.boolean().optional(),
  /** In order of their beginning. */
  segments: z.array(segment),
  gaps: z.array(gap),
  /** Names by `person_id`. */
  people: z.record(z.string(), z.string()),
});

/** Which of several who may want to process a conversation does: see `PostCall`. */
const processing = z.object({
  job_id: z.string(),
  /** Counts how often it was asked for. */
  generation: z.number(),
  /** Counts, within a generation, the workers that have begun. */
  epoch: z.number(),
});

const mood = z.enum(['positive', 'neutral', 'negative']);

const insights = z.object({
  job_id: z.string(),
  generation: z.number(),
  /** ISO 8601. */
  processed_at: z.string(),
  /** `model`: a language model has read it. `extractive`: sentences of the conversation, chosen by rules. */
  made_by: z.enum(['model', 'extractive']),
  /** The model's name. */
  model: z.string().nullable(),
  /** Why no model was asked, or what was wrong with its answer. */
  notice: z.string().nullable(),
  title: z.string(),
  overview: z.string(),
  disposition: z.enum(['resolved', 'unresolved', 'transferred', 'follow_up', 'abandoned', 'other']),
  action_items: z.array(z.object({ text: z.string(), owner: z.enum(['agent', 'customer', 'unknown']) })),
  entities: z.array(z.object({ kind: z.string(), text: z.string() })),
  sentiment: z.object({ agent: mood, customer: mood }),
  measures: z.object({
    duration_ms: z.number(),
    agent_talk_ms: z.number(),
    customer_talk_ms: z.number(),
    /** Of what was said, 0 to 1; null when nobody spoke. */
    agent_talk_ratio: z.number().nullable(),
    /** Nobody spoke. */
    silence_ms: z.number(),
    /** One began while the other spoke, by who began. */
    interruptions: z.object({ agent: z.number(), customer: z.number() }),
    words: z.number(),
  }),
});

export const conversationRecord = z.object({
  /** That of its session; of a conversation that was listened to, its own. */
  id: z.string(),
  /** `voice`: an agent of ours spoke. `listen`: others did. */
  kind: z.enum(['voice', 'listen']).default('voice'),
  tenant: z.string(),
  scenario: z.string(),
  /** Who speaks, or spoke last. */
  agent: z.string(),
  /** `processing`: it is over, and waits for its insights. `discarded`: there was nothing in it. */
  status: z.enum(['in_progress', 'processing', 'completed', 'discarded']),
  /** ISO 8601. */
  startedAt: z.string(),
  /** Of the newest change. */
  updatedAt: z.string(),
  /** Why its session ended last; null while it lasts. */
  endReason: z.string().nullable(),
  /** In the order in which they began; `at_ms` counts from `startedAt`. */
  entries: z.array(conversationEntry),
  /** The trace of the session that wrote it last, as W3C's `traceparent`: what is done with it later belongs there. */
  traceparent: z.string().optional(),
  listened: listened.optional(),
  processing: processing.optional(),
  insights: insights.optional(),
});

/** What was said in one call, and what came of it. */
export type ConversationRecord = z.output<typeof conversationRecord>;
export type ConversationEntry = z.output<typeof conversationEntry>;
export type AnswerLatency = z.output<typeof latency>;
export type Segment = z.output<typeof segment>;
export type ConversationGap = z.output<typeof gap>;
export type Listened = z.output<typeof listened>;
export type Insights = z.output<typeof insights>;

/** What lists show of it. */
export type ConversationSummary = Omit<
  ConversationRecord,
  'entries' | 'traceparent' | 'listened' | 'processing' | 'insights'
> & {
  /** Turns, or segments. */
  readonly entryCount: number;
  readonly title: string | null;
};

export function summaryOf(record: ConversationRecord): ConversationSummary {
  const { id, kind, tenant, scenario, agent, status, startedAt, updatedAt, endReason } = record;
  const { entries, listened: heard, insights: found } = record;
  return {
    id,
    kind,
    tenant,
    scenario,
    agent,
    status,
    startedAt,
    updatedAt,
    endReason,
    entryCount: heard ? heard.segments.length : entries.length,
    title: found?.title ?? null,
  };
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
    // A session knows nothing of what became of its conversation.
    processing: later.processing ?? earlier.processing,
    insights: later.insights ?? earlier.insights,
  };
}

/** A session that goes on with a state from before its last turn counts that turn once more: there are two of its id then. */
function identityOf({ id, at_ms }: ConversationEntry): string {
  return `${id} ${at_ms}`;
}
