import { z } from 'zod';
import { DependenciesController } from '../../dependencies.controller.js';
import { TranscriptController } from '../../live/transcript.controller.js';
import { describeController, json, media } from '../route-description.js';

const count = z.number();
const state = z.enum(['closed', 'open', 'half_open']).describe('Of its breaker; open: it is not asked at present');
const provider = z.object({
  provider: z.string(),
  state,
  retry_in_ms: count.optional(),
  last_error: z.string().optional(),
});

export const dependenciesRoutes = describeController(DependenciesController, 'Operations', {
  providers: {
    summary: 'Models, speech services and tool servers, and their breakers',
    details: 'Of this replica, in the order in which they are asked.',
    answer: json(
      z.object({
        models: z.array(z.object({ name: z.string(), state })),
        stt: z.array(provider),
        tts: z.array(provider),
        tool_servers: z.record(
          z.string(),
          z.object({
            status: z.enum(['healthy', 'connecting', 'unhealthy']),
            required: z.boolean(),
            transport: z.string(),
            tools_count: count,
            tool_names: z.array(z.string()),
            error: z.string().optional(),
          }),
        ),
      }),
      {
        models: [
          { name: 'azure:gpt-5', state: 'open' },
          { name: 'embedded', state: 'closed' },
        ],
        stt: [{ provider: 'azure', state: 'closed' }],
        tts: [{ provider: 'azure', state: 'open', retry_in_ms: 4200, last_error: 'no answer within 2000 ms' }],
        tool_servers: {},
      },
    ),
  },
  backlog: {
    summary: 'What waits to be handed over or written',
    details: 'Of this replica.',
    answer: json(
      z.object({
        pusher: z.object({
          breaker: state,
          breaker_retry_in_ms: count,
          links: z.object({ connected: count, reconnect_backoff: count, degraded: count, half_open_probe: count }),
          pending_requests: count.describe('Conversations whose processing is not accepted yet'),
          oldest_request_ms: count,
          waiting_segments: count,
          audio_bytes: count.describe('That is not archived yet'),
          lost_audio_ms: count,
          dropped_requests: count,
          connects: count,
        }),
        conversations_waiting: count.describe('To be written to the store'),
        recordings_waiting: count.describe('Pieces to be written to the archive'),
      }),
      {
        pusher: {
          breaker: 'closed',
          breaker_retry_in_ms: 0,
          links: { connected: 1, reconnect_backoff: 0, degraded: 0, half_open_probe: 0 },
          pending_requests: 0,
          oldest_request_ms: 0,
          waiting_segments: 0,
          audio_bytes: 0,
          lost_audio_ms: 0,
          dropped_requests: 0,
          connects: 1,
        },
        conversations_waiting: 0,
        recordings_waiting: 0,
      },
    ),
  },
});

export const transcriptRoutes = describeController(TranscriptController, 'Operations', {
  follow: {
    summary: 'Read along in a call that goes on',
    details:
      'Server-sent events. said has entries as in a conversation, all so far at first, with the agent and the state; over ends a call, and again wants to be asked for again. What is taken out of what is kept is not in it.',
    answer: media(
      'text/event-stream',
      z.string(),
      'event: said\ndata: {"entries":[{"id":"turn_1","at_ms":900,"role":"caller","source":"voice","text":"hello","rejected":false}],"agent":"concierge","state":"IDLE"}\n\n',
    ),
    errors: {
      404: 'There is no such session, or it is another tenant’s',
      429: 'Ten calls are being followed with this credential already, or fifty on this replica',
      422: 'It is not a call with an agent: what is said stands in its conversations',
      504: 'Its replica does not answer',
    },
  },
});
