import { z } from 'zod';
import type { Segment } from '../../services/conversations/conversation-record.js';

const conversation_id = z.string().describe('A conversation; the session may hold several, one after the other');
const seconds = z.number().nonnegative().describe("Seconds since the conversation's beginning");
const ms = z.number().nonnegative().describe("Milliseconds since the conversation's beginning");
const segment_ids = z.array(z.string());

const segment = z.object({
  id: z.string().describe('Stays the same when the segment is sent again because it has changed'),
  text: z.string(),
  speaker: z.string().describe('`SPEAKER_00` and so on'),
  speaker_id: z.number().int().nonnegative(),
  is_user: z.boolean().describe('Said by our side'),
  person_id: z.string().nullable(),
  start: seconds,
  end: seconds,
});

/** Transcripts come as a bare array, in order of time. */
export const transcriptSchema = z.array(segment);

/** Every other JSON message of the server. */
export const listenEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('service_status'),
    status: z.enum([
      'initiating',
      'in_progress_conversations_processing',
      'stt_initiating',
      'ready',
      'stt_failed',
      'stt_recovered',
      'pusher_degraded',
      'pusher_connected',
      'paused',
      'resumed',
    ]),
    status_text: z.string().describe('For people'),
  }),
  z.object({
    type: z.literal('conversation_session'),
    conversation_id,
    status: z
      .enum(['in_progress', 'processing', 'discarded'])
      .describe('`in_progress`: what comes belongs to it. `discarded`: there was nothing in it'),
  }),
  z.object({ type: z.literal('memory_processing_started'), conversation_id }),
  z.object({
    type: z.literal('memory_created'),
    memory: z.object({
      id: conversation_id,
      structured: z.object({ title: z.string(), overview: z.string() }),
    }),
    discarded: z.boolean().optional().describe('There was nothing in it'),
  }),
  z.object({
    type: z.literal('speaker_label_suggestion'),
    speaker_id: z.number().int().nonnegative(),
    person_id: z.string(),
    person_name: z.string(),
    distance: z.number().describe('Cosine distance of the voices: the less, the surer'),
    segments: segment_ids.describe('That now have this person'),
    segment_id: z.string().describe('By which they were known'),
  }),
  z.object({ type: z.literal('segments_deleted'), segment_ids }),
  z.object({
    type: z.literal('audio_dropped'),
    source: z.enum(['mic', 'system']),
    of: z.enum(['audio', 'transcript', 'recording']).describe('What there is none of'),
    from_ms: ms,
    to_ms: ms,
    reason: z.string(),
  }),
  z.object({
    type: z.literal('error'),
    code: z.string(),
    message: z.string(),
    retryable: z.boolean(),
    conversation_id: conversation_id.optional(),
  }),
  z.object({ type: z.literal('pong') }),
]);

export type ListenEvent = z.output<typeof listenEventSchema>;
export type ServiceStatus = Extract<ListenEvent, { type: 'service_status' }>['status'];

/** A segment as clients see it. */
export function transcriptOf(segments: readonly Segment[]): z.output<typeof transcriptSchema> {
  return segments.map(({ id, text, speaker, speaker_id, is_user, person_id, start, end }) => ({
    id,
    text,
    speaker,
    speaker_id,
    is_user,
    person_id,
    start,
    end,
  }));
}
