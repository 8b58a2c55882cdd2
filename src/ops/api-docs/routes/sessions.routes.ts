import { z } from 'zod';
import { audioSources, pressureInputs } from '../../../state/overload/pressure.js';
import { overloadLevels } from '../../../state/overload/overload-level.js';
import { OpsController } from '../../ops.controller.js';
import { describeController, json } from '../route-description.js';

const count = z.number();
const none = { 404: 'There is no such session, or it is another tenant’s' };

const session = z
  .object({
    session_id: z.string(),
    kind: z.enum(['voice', 'listen']).describe('Somebody speaks with an agent; or others are listened to'),
    tenant: z.string(),
    agent: z.string(),
    scenario: z.string(),
    started_at: z.string().describe('ISO 8601'),
    duration_ms: count,
    turns: count,
    state: z.string().describe('IDLE, PROCESSING_LLM, PROCESSING_TTS, STREAMING, COMPLETE, PAUSED and so on'),
    active_tasks: z.record(z.string(), z.string()),
    replica: z.string().describe('Which process has it'),
  })
  .meta({ id: 'Session' });

const exampleSession: z.output<typeof session> = {
  session_id: '1456e0ae-6f0c-4c6a-9a70-5d2c7a0e11ff',
  kind: 'voice',
  tenant: 'acme',
  agent: 'fraud_desk',
  scenario: 'banking',
  started_at: '2026-11-20T10:00:00.000Z',
  duration_ms: 31_000,
  turns: 4,
  state: 'STREAMING',
  active_tasks: { turns: 'running', speaking: 'running' },
  replica: 'voice-7f9c',
};

const level = z.enum(overloadLevels);
const shares = z.object(Object.fromEntries(pressureInputs.map((input) => [input, count])));
const overload = z.object({
  level,
  since: z.string(),
  in_level_ms: count,
  pressure: count.describe('The worst of the inputs; 1 is all that can be done'),
  calm_needed_ms: count.describe('Until the level goes down by one, if it stays calm'),
  inputs: z.object({
    queues: z.object({ share: count, value: count, full_at: count, worst: z.enum(audioSources) }),
    event_loop: z.object({ share: count, value_ms: count, full_at_ms: count }),
    inference: z.object({
      share: count,
      full_at: count,
      recognisers: z.array(
        z.object({
          name: z.string(),
          share: count,
          real_time_factor: count,
          waiting: count,
          backlog: count,
          workers: count,
          idle: z.boolean(),
        }),
      ),
    }),
  }),
  thresholds: z.record(z.string(), count),
  effects: z.object({
    new_sessions: z.boolean(),
    conversation_mic: z.boolean(),
    transcription_mic: z.boolean(),
    system: z.boolean(),
    chunk_ms: z.record(z.string(), count),
  }),
  sources: z.record(
    z.string(),
    z.object({
      sessions: count,
      depth: count,
      backlog: count,
      capacity: count,
      fill: count,
      age_ms: count,
      dropped: z.record(z.string(), count).describe('By reason'),
    }),
  ),
  refused: z.record(z.string(), count),
  history: z.array(
    z.object({ at: z.string(), from: level, to: level, pressure: count, inputs: shares, lasted_ms: count }),
  ),
});

export const opsRoutes = describeController(OpsController, 'Operations', {
  listSessions: {
    summary: 'Live sessions of all replicas',
    details: 'Of the own tenant; an admin sees all. Nothing that was said is in it.',
    answer: json(
      z.object({
        complete: z.boolean().describe('False while only those of this replica are known'),
        sessions: z.array(session),
      }),
      { complete: true, sessions: [exampleSession] },
    ),
  },
  getSession: {
    summary: 'One live session',
    answer: json(session, exampleSession),
    errors: { ...none, 504: 'Its replica does not answer' },
  },
  endSession: { summary: 'Hang up, on whichever replica', errors: { ...none, 504: 'Its replica does not answer' } },
  pauseSession: {
    summary: 'Take in nothing of what is said',
    details: 'Until it is resumed: nothing is understood, shown, recorded or kept.',
    errors: none,
  },
  resumeSession: { summary: 'Go on after a pause', errors: none },
  startup: {
    summary: 'Start-up steps, critical and deferred',
    answer: json(
      z.object({
        steps: z.array(
          z.object({
            name: z.string(),
            deferred: z.boolean(),
            state: z.string().describe('pending, running, started, failed or stopped'),
            attempts: count,
            duration_ms: count,
            summary: z.string().optional(),
            details: z.unknown().optional(),
            error: z.string().optional(),
          }),
        ),
      }),
      {
        steps: [
          {
            name: 'agents',
            deferred: false,
            state: 'started',
            attempts: 1,
            duration_ms: 12,
            summary: 'fraud_desk; scenario banking',
          },
        ],
      },
    ),
  },
  overloadStatus: {
    summary: 'How hard-pressed the process is, and what it does about it',
    answer: json(overload, {
      level: 'NORMAL',
      since: '2026-11-20T10:00:00.000Z',
      in_level_ms: 60_000,
      pressure: 0.2,
      calm_needed_ms: 0,
      inputs: {
        queues: { share: 0, value: 0, full_at: 1, worst: 'mic' },
        event_loop: { share: 0.2, value_ms: 20, full_at_ms: 100 },
        inference: { share: 0, full_at: 1, recognisers: [] },
      },
      thresholds: { WARNING: 0.7, DEGRADED: 0.8, CRITICAL: 0.9 },
      effects: { new_sessions: true, conversation_mic: true, transcription_mic: true, system: true, chunk_ms: {} },
      sources: {},
      refused: {},
      history: [],
    }),
  },
  protocol: {
    summary: 'JSON Schemas of all messages over WebSockets',
    answer: json(
      z.object({
        protocol: count,
        path: z.string(),
        client: z.looseObject({}),
        server: z.looseObject({}),
        close_codes: z.record(z.string(), count),
        listen: z.looseObject({}),
      }),
      {
        protocol: 1,
        path: '/api/v1/voice/ws',
        client: { oneOf: [] },
        server: { oneOf: [] },
        close_codes: { Ended: 1000 },
        listen: {},
      },
    ),
  },
});
