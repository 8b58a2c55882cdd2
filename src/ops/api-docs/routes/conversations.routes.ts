import { z } from 'zod';
import { tenantQuery } from '../../asked-tenant.js';
import { shownConversation, shownSummary } from '../../conversation-view.js';
import { ConversationsController, conversationsQuery } from '../../conversations.controller.js';
import { RecordingsController } from '../../recordings.controller.js';
import { describeController, json, media } from '../route-description.js';

const none = { 404: 'There is none, or it is another tenant’s' };
const notKept = { 404: 'Conversations are not kept here' };
const conversation = shownConversation.meta({ id: 'Conversation' });
const summary = shownSummary.meta({ id: 'ConversationSummary' });

const exampleSummary: z.output<typeof summary> = {
  id: '1456e0ae-6f0c-4c6a-9a70-5d2c7a0e11ff',
  kind: 'voice',
  tenant: 'acme',
  scenario: 'banking',
  agent: 'fraud_desk',
  status: 'completed',
  started_at: '2026-11-20T10:00:00.000Z',
  updated_at: '2026-11-20T10:00:30.000Z',
  end_reason: 'hangup',
  entry_count: 2,
  title: 'A stolen card',
};
const { entry_count: _, title: __, ...rest } = exampleSummary;

export const conversationsRoutes = describeController(ConversationsController, 'Conversations', {
  list: {
    summary: 'Conversations that are kept, the newest first',
    details: 'Without what was said. Go on with before, which is started_at of the last one.',
    query: conversationsQuery,
    answer: json(z.object({ conversations: z.array(summary) }), { conversations: [exampleSummary] }),
    errors: notKept,
  },
  get: {
    summary: 'What was said in one, and what came of it',
    details: 'Card numbers, and what else is configured, were taken out before it was kept.',
    query: tenantQuery,
    answer: json(conversation, {
      ...rest,
      entries: [
        { id: 'turn_1', at_ms: 1000, role: 'caller', source: 'voice', text: 'my card was stolen', rejected: false },
        {
          id: 'gen_2_m1',
          at_ms: 3000,
          role: 'agent',
          agent: 'fraud_desk',
          text: 'I will block it.',
          outcome: 'completed',
        },
      ],
    }),
    errors: none,
  },
  remove: {
    summary: 'Delete one for good',
    details: 'With what was recorded of it, and what was learned of voices from it.',
    query: tenantQuery,
    errors: none,
  },
});

const sound = z.string().meta({ format: 'binary' });

export const recordingsRoutes = describeController(RecordingsController, 'Conversations', {
  list: {
    summary: 'What was recorded of one, piece by piece',
    query: tenantQuery,
    answer: json(
      z.object({
        recordings: z.array(
          z.object({
            name: z.string(),
            bytes: z.number(),
            written_at: z.string(),
            start_ms: z.number().nullable(),
            duration_ms: z.number().nullable(),
            sample_rate: z.number().nullable(),
            channels: z.number().nullable(),
            problem: z.string().nullable(),
          }),
        ),
        duration_ms: z.number(),
        seconds: z.number().describe('Of sound'),
        gaps: z.array(z.object({ from_ms: z.number(), to_ms: z.number() })),
      }),
      {
        recordings: [
          {
            name: '0001.wav',
            bytes: 960_044,
            written_at: '2026-11-20T10:01:00.000Z',
            start_ms: 0,
            duration_ms: 30_000,
            sample_rate: 8000,
            channels: 2,
            problem: null,
          },
        ],
        duration_ms: 30_000,
        seconds: 30,
        gaps: [],
      },
    ),
    errors: none,
  },
  download: {
    summary: 'One piece of a recording',
    query: tenantQuery,
    answer: media('audio/wav', sound, 'RIFF…'),
    errors: { ...none, 409: 'Its key is not there' },
  },
  play: {
    summary: 'The whole recording in one file',
    details: 'Players may ask for parts of it (Range).',
    query: tenantQuery,
    answer: media('audio/wav', sound, 'RIFF…'),
    alsoAnswers: { 206: 'The part that was asked for' },
    errors: {
      ...none,
      409: 'Its key is not there',
      416: 'There is nothing of what was asked for',
      422: 'It is too long for one file',
    },
  },
});
