import { z } from 'zod';

const generation_id = z.string().describe('`gen_1`, `gen_2`…: one answer of the agent');
const message_id = z.string().describe('One message within a generation');
const turn_id = z.string().describe('`turn_1`, `turn_2`…: one thing the caller said, typed or keyed');
const at_ms = z.number().describe("Milliseconds of the caller's audio since the session started");
const ms = z.number().nonnegative();

const metrics = z
  .object({
    endpointing_ms: ms.describe('End of speech until the turn was taken as ended'),
    stt_final_ms: ms.describe('From there to the final transcript'),
    llm_first_token_ms: ms.describe("Start of the generation to the model's first text"),
    llm_first_sentence_ms: ms.describe('From there to the first sentence that can be spoken'),
    tts_first_byte_ms: ms.describe('First sentence complete to its first audio'),
    voice_to_voice_ms: ms.describe(
      'End of speech to the first audio frame of the answer; a word to a caller who waits is none, nor is an apology',
    ),
    barge_in_stop_ms: ms.describe("The caller's first loud frame to `audio_clear`"),
  })
  .partial();

/** Every message of the server in a conversation. */
const serverMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('session_started'),
    session_id: z.string(),
    protocol: z.literal(1),
    agent: z.string(),
    scenario: z.string(),
    encoding: z.enum(['pcm16', 'mulaw', 'alaw']),
    sample_rate: z.number().int(),
    out_sample_rate: z.number().int(),
    resumed: z.boolean().describe('This session goes on after its connection was lost'),
    resume_token: z
      .string()
      .nullable()
      .describe('To come back with, once, after the connection was lost; null: this session ends with its connection'),
  }),
  z.object({ type: z.literal('speech_started'), at_ms }),
  z.object({ type: z.literal('speech_stopped'), at_ms }),
  z.object({ type: z.literal('transcription_update'), text: z.string(), turn_id }),
  z.object({ type: z.literal('transcription_stabilized'), text: z.string(), turn_id }),
  z.object({
    type: z.literal('transcription_finished'),
    text: z.string(),
    turn_id,
    confidence: z.number().min(0).max(1),
    rejected: z.boolean().describe('There was speech, but not what the recogniser can understand'),
    start_ms: ms,
    end_ms: ms,
  }),
  z.object({ type: z.literal('generation_started'), generation_id, turn_id: turn_id.nullable(), agent: z.string() }),
  z.object({ type: z.literal('text_stream_start'), generation_id, message_id, agent: z.string() }),
  z.object({ type: z.literal('text_chunk'), generation_id, message_id, text: z.string() }),
  z.object({ type: z.literal('text_stream_stop'), generation_id, message_id, text: z.string() }),
  z.object({ type: z.literal('tool_start'), generation_id, tool: z.string(), call_id: z.string() }),
  z.object({
    type: z.literal('tool_end'),
    generation_id,
    tool: z.string(),
    call_id: z.string(),
    ok: z.boolean(),
    duration_ms: ms,
    error: z.string().optional(),
  }),
  z.object({
    type: z.literal('audio_stream_start'),
    generation_id,
    message_id,
    encoding: z.enum(['pcm16', 'mulaw', 'alaw']),
    sample_rate: z.number().int(),
  }),
  z.object({ type: z.literal('audio_stream_stop'), generation_id, message_id }),
  z.object({ type: z.literal('audio_clear'), generation_id, heard_ms: ms, heard_text: z.string() }),
  z.object({ type: z.literal('interrupt_ack'), generation_id: generation_id.nullable() }),
  z.object({
    type: z.literal('handoff'),
    from: z.string(),
    to: z.string(),
    reason: z.string(),
    kind: z.enum(['discrete', 'announced']),
  }),
  z.object({
    type: z.literal('transfer'),
    target: z.string(),
    status: z.enum(['started', 'failed', 'simulated']),
    reason: z.string(),
  }),
  z.object({
    type: z.literal('generation_complete'),
    generation_id,
    outcome: z.enum(['completed', 'interrupted', 'failed']),
    metrics,
  }),
  z.object({
    type: z.literal('audio_dropped'),
    source: z.enum(['mic', 'system']),
    from_ms: ms,
    to_ms: ms,
    reason: z.string(),
  }),
  z.object({ type: z.literal('error'), code: z.string(), message: z.string(), retryable: z.boolean() }),
  z.object({ type: z.literal('pong') }),
  z.object({ type: z.literal('paused') }).describe('Nothing of the caller is taken in from now on'),
  z.object({ type: z.literal('resumed') }).describe('The caller is heard again'),
  z.object({
    type: z.literal('session_ended'),
    reason: z.string(),
    duration_ms: ms,
    turns: z.number().int(),
    resumable: z.boolean().describe('Whether `resume_token` may be used now'),
  }),
]);

export type SessionEvent = z.output<typeof serverMessage>;
export type GenerationMetrics = z.output<typeof metrics>;

export const serverMessageSchema = serverMessage;
