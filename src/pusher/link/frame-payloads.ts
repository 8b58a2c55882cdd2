import { z } from 'zod';
import { conversationRecord, type Segment } from '../../services/conversations/conversation-record.js';
import type { ProcessRequest, ProcessResult, SampleRequest } from './pusher-link.js';

const id = z.string().regex(/^[\w.:@-]{1,128}$/);
const jobId = z.string().regex(/^[\w.-]{1,128}$/);
const traceparent = z.string().regex(/^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/);
const seconds = z.number().min(0).max(8.64e12);

export const conversationId = id;
export const tenantId = id;
export const sessionId = id;

/** A change of transcript, as conversations keep it. */
export const segment: z.ZodType<Segment> = conversationRecord.shape.listened.unwrap().shape.segments.element;

export const segmentsPayload = z
  .object({ conversation_id: id, segments: z.array(segment) })
  .transform((given) => ({ conversationId: given.conversation_id, segments: given.segments }));

export const processPayload = z
  .object({
    job_id: jobId,
    tenant: id,
    conversation_id: id,
    generation: z.number().int().min(1),
    language: z.string().min(1).max(35),
    // Not worth a connection.
    traceparent: traceparent.optional().catch(undefined),
  })
  .transform((given): ProcessRequest => ({
    jobId: given.job_id,
    tenant: given.tenant,
    conversationId: given.conversation_id,
    generation: given.generation,
    language: given.language,
    ...(given.traceparent === undefined ? {} : { traceparent: given.traceparent }),
  }));

export const samplePayload = z
  .object({
    job_id: jobId,
    tenant: id,
    conversation_id: id,
    segment_ids: z.array(z.string().min(1).max(128)).min(1).max(200),
    person_id: z.string().min(1).max(128),
    person_name: z.string().max(200),
  })
  .transform((given): { jobId: string; request: SampleRequest } => ({
    jobId: given.job_id,
    request: {
      tenant: given.tenant,
      conversationId: given.conversation_id,
      segmentIds: given.segment_ids,
      personId: given.person_id,
      personName: given.person_name,
    },
  }));

export const resultPayload = z
  .object({
    job_id: jobId,
    conversation_id: id,
    outcome: z.enum(['processed', 'discarded', 'fenced', 'failed']),
    title: z.string().optional(),
    overview: z.string().optional(),
    problem: z.string().optional(),
  })
  .transform((given): ProcessResult => ({
    jobId: given.job_id,
    conversationId: given.conversation_id,
    outcome: given.outcome,
    ...(given.title === undefined ? {} : { title: given.title }),
    ...(given.overview === undefined ? {} : { overview: given.overview }),
    ...(given.problem === undefined ? {} : { problem: given.problem }),
  }));

/** Until when the audio of a conversation is archived. */
export const keptPayload = z
  .object({ conversation_id: id, until: seconds })
  .transform((given) => ({ conversationId: given.conversation_id, untilMs: given.until * 1000 }));

export const acceptedPayload = z.object({ job_id: jobId }).transform((given) => ({ jobId: given.job_id }));

export const readyPayload = z
  .object({
    /** Whether audio is wanted at all. */
    audio: z.boolean(),
    /** How much of it may be on its way to the archive. */
    audio_window_bytes: z.number().int().min(1),
    max_frame_bytes: z.number().int().min(1024),
  })
  .transform((given) => ({
    audio: given.audio,
    audioWindowBytes: given.audio_window_bytes,
    maxFrameBytes: given.max_frame_bytes,
  }));
