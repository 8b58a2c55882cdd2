import type { z } from 'zod';
import type { Segment } from '../../services/conversations/conversation-record.js';
import { ParleyError } from '../../kernel/errors.js';
import {
  acceptedPayload,
  conversationId,
  keptPayload,
  processPayload,
  readyPayload,
  resultPayload,
  samplePayload,
  segmentsPayload,
} from './frame-payloads.js';
import type { ProcessRequest, ProcessResult, SampleRequest } from './pusher-link.js';

/** A frame is its type, as uint32 little-endian, and a payload. 100 to 105 go to the pusher, 201 to 204 come back; 100 does both. */
const FrameType = {
  heartbeat: 100,
  audio: 101,
  segments: 102,
  conversation: 103,
  process: 104,
  sample: 105,
  result: 201,
  kept: 202,
  accepted: 203,
  ready: 204,
} as const;

const TYPE_BYTES = 4;
/** Type, and the Unix seconds of the first sample as float64 little-endian. */
export const AUDIO_HEADER_BYTES = TYPE_BYTES + 8;
const LAST_TIME_MS = 8.64e15;

export type FrameToPusher =
  | { readonly type: 'heartbeat' }
  /** PCM16; `startMs` in Unix milliseconds. It belongs to the conversation that was named last. */
  | { readonly type: 'audio'; readonly startMs: number; readonly pcm: Buffer }
  | { readonly type: 'segments'; readonly conversationId: string; readonly segments: readonly Segment[] }
  /** Empty: no audio comes any more, for now. */
  | { readonly type: 'conversation'; readonly conversationId: string }
  | { readonly type: 'process'; readonly request: ProcessRequest }
  | { readonly type: 'sample'; readonly jobId: string; readonly request: SampleRequest };

export type FrameFromPusher =
  | { readonly type: 'heartbeat' }
  | { readonly type: 'result'; readonly result: ProcessResult }
  /** All audio of the conversation up to there is archived, or given up for good: nobody needs to send it again. */
  | { readonly type: 'kept'; readonly conversationId: string; readonly untilMs: number }
  /** A request cannot be lost any more. */
  | { readonly type: 'accepted'; readonly jobId: string }
  /** The first frame: until it comes, the pusher may be on its way out. */
  | {
      readonly type: 'ready';
      readonly audio: boolean;
      readonly audioWindowBytes: number;
      readonly maxFrameBytes: number;
    };

/** A frame that is not one. The message holds nothing of it. */
export class MalformedFrame extends ParleyError {
  override readonly name = 'MalformedFrame';

  constructor(problem: string) {
    super('invalid_message', problem);
  }
}

export function encodeToPusher(frame: FrameToPusher): Buffer {
  switch (frame.type) {
    case 'heartbeat':
      return withType(FrameType.heartbeat, Buffer.alloc(0));
    case 'audio':
      return audioFrame(frame.startMs, frame.pcm);
    case 'segments':
      return segmentsFrame(
        frame.conversationId,
        frame.segments.map((segment) => JSON.stringify(segment)),
      );
    case 'conversation':
      return withType(FrameType.conversation, Buffer.from(frame.conversationId, 'utf8'));
    case 'process': {
      const { jobId, tenant, conversationId, generation, language, traceparent } = frame.request;
      return json(FrameType.process, {
        job_id: jobId,
        tenant,
        conversation_id: conversationId,
        generation,
        language,
        traceparent,
      });
    }
    default: {
      const { tenant, conversationId, segmentIds, personId, personName } = frame.request;
      return json(FrameType.sample, {
        job_id: frame.jobId,
        tenant,
        conversation_id: conversationId,
        segment_ids: segmentIds,
        person_id: personId,
        person_name: personName,
      });
    }
  }
}

/** Segments that are JSON already. */
export function segmentsFrame(conversation: string, segments: readonly string[]): Buffer {
  const payload = `{"conversation_id":${JSON.stringify(conversation)},"segments":[${segments.join(',')}]}`;
  return withType(FrameType.segments, Buffer.from(payload, 'utf8'));
}

export function encodeFromPusher(frame: FrameFromPusher): Buffer {
  switch (frame.type) {
    case 'heartbeat':
      return withType(FrameType.heartbeat, Buffer.alloc(0));
    case 'result': {
      const { jobId, conversationId, outcome, title, overview, problem } = frame.result;
      const told = { job_id: jobId, conversation_id: conversationId, outcome, title, overview, problem };
      return json(FrameType.result, told);
    }
    case 'kept':
      return json(FrameType.kept, { conversation_id: frame.conversationId, until: frame.untilMs / 1000 });
    case 'accepted':
      return json(FrameType.accepted, { job_id: frame.jobId });
    default:
      return json(FrameType.ready, {
        audio: frame.audio,
        audio_window_bytes: frame.audioWindowBytes,
        max_frame_bytes: frame.maxFrameBytes,
      });
  }
}

/** @param channels of the audio. Throws MalformedFrame, and nothing else. */
export function decodeToPusher(data: Buffer, channels: 1 | 2): FrameToPusher {
  const payload = payloadOf(data);
  switch (data.readUInt32LE(0)) {
    case FrameType.heartbeat:
      if (payload.length > 0) throw new MalformedFrame('A heartbeat has no payload');
      return { type: 'heartbeat' };
    case FrameType.audio:
      return decodeAudio(data, channels);
    case FrameType.segments:
      return { type: 'segments', ...parse(payload, segmentsPayload) };
    case FrameType.conversation:
      return { type: 'conversation', conversationId: decodeConversation(payload) };
    case FrameType.process:
      return { type: 'process', request: parse(payload, processPayload) };
    case FrameType.sample:
      return { type: 'sample', ...parse(payload, samplePayload) };
    default:
      throw new MalformedFrame('A frame of an unknown type');
  }
}

/** Throws MalformedFrame, and nothing else. */
export function decodeFromPusher(data: Buffer): FrameFromPusher {
  const payload = payloadOf(data);
  switch (data.readUInt32LE(0)) {
    case FrameType.heartbeat:
      return { type: 'heartbeat' };
    case FrameType.result:
      return { type: 'result', result: parse(payload, resultPayload) };
    case FrameType.kept:
      return { type: 'kept', ...parse(payload, keptPayload) };
    case FrameType.accepted:
      return { type: 'accepted', ...parse(payload, acceptedPayload) };
    case FrameType.ready:
      return { type: 'ready', ...parse(payload, readyPayload) };
    default:
      throw new MalformedFrame('A frame of an unknown type');
  }
}

function audioFrame(startMs: number, pcm: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(AUDIO_HEADER_BYTES + pcm.length);
  frame.writeUInt32LE(FrameType.audio, 0);
  frame.writeDoubleLE(startMs / 1000, TYPE_BYTES);
  pcm.copy(frame, AUDIO_HEADER_BYTES);
  return frame;
}

function decodeAudio(data: Buffer, channels: 1 | 2): FrameToPusher {
  if (data.length < AUDIO_HEADER_BYTES) throw new MalformedFrame('Audio without its time');
  const startMs = data.readDoubleLE(TYPE_BYTES) * 1000;
  if (!(startMs >= 0 && startMs <= LAST_TIME_MS)) throw new MalformedFrame('Audio of an impossible time');
  const pcm = data.subarray(AUDIO_HEADER_BYTES);
  if (pcm.length === 0 || pcm.length % (2 * channels) !== 0)
    throw new MalformedFrame('Audio that is not a number of whole samples');
  return { type: 'audio', startMs, pcm };
}

function decodeConversation(payload: Buffer): string {
  if (payload.length === 0) return '';
  const parsed = conversationId.safeParse(payload.toString('utf8'));
  if (!parsed.success) throw new MalformedFrame('What cannot be the id of a conversation');
  return parsed.data;
}

function payloadOf(data: Buffer): Buffer {
  if (data.length < TYPE_BYTES) throw new MalformedFrame('A frame that is too short');
  return data.subarray(TYPE_BYTES);
}

function parse<T extends z.ZodType>(payload: Buffer, schema: T): z.output<T> {
  let given: unknown;
  try {
    given = JSON.parse(payload.toString('utf8'));
  } catch {
    throw new MalformedFrame('A payload that is not JSON');
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map((issue) => issue.path.join('.') || 'payload');
  throw new MalformedFrame(`A payload that is not what it should be: ${[...new Set(where)].slice(0, 5).join(', ')}`);
}

function json(type: number, payload: unknown): Buffer {
  return withType(type, Buffer.from(JSON.stringify(payload), 'utf8'));
}

function withType(type: number, payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(TYPE_BYTES + payload.length);
  frame.writeUInt32LE(type, 0);
  payload.copy(frame, TYPE_BYTES);
  return frame;
}
