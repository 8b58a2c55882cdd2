import { z } from 'zod';
import { HealthController } from '../../../health/health.controller.js';
import { VoiceHealthController } from '../../../health/voice-health.controller.js';
import { describeController, json } from '../route-description.js';

const asked = 'Where credentials are asked for, who is no operator gets';
const tooOften = { 429: 'More than 300 times a minute without a credential of an operator, from one address' };
const timestamp = z.number().describe('Seconds since 1970');
const count = z.number();
const NOW = 1_764_000_000.5;

export const healthRoutes = describeController(HealthController, 'Health', {
  health: {
    summary: 'Whether the process lives',
    details: 'From the end of the critical start-up steps on, also while draining.',
    answer: json(
      z.object({
        status: z.string(),
        timestamp,
        message: z.string(),
        replica: z.string(),
        active_sessions: count,
        session_metrics: z.object({ connected: count, disconnected: count, active: count }),
      }),
      {
        status: 'healthy',
        timestamp: NOW,
        message: 'Parley API v1 is running',
        replica: 'voice-7f9c',
        active_sessions: 3,
        session_metrics: { connected: 40, disconnected: 37, active: 3 },
      },
    ),
  },
  ready: {
    summary: 'Whether traffic should come here',
    details: `${asked} all but the details.`,
    security: 'optional',
    answer: json(
      z.object({
        ready: z.boolean(),
        timestamp,
        deferred_startup_complete: z.boolean(),
        warmup_completed: z.boolean(),
        mcp_ready: z.boolean(),
        draining: z.boolean(),
        details: z
          .object({
            warmup_results: z.unknown(),
            mcp_servers: z.record(z.string(), z.unknown()),
            deferred_results: z.record(
              z.string(),
              z.object({ state: z.string(), attempts: count, duration_ms: count, error: z.string().optional() }),
            ),
          })
          .optional(),
      }),
      {
        ready: true,
        timestamp: NOW,
        deferred_startup_complete: true,
        warmup_completed: true,
        mcp_ready: true,
        draining: false,
        details: {
          warmup_results: { openai: true, 'llm_azure:gpt-5': true, stt_azure: true, tts_azure: true, phrases: 12 },
          mcp_servers: {},
          deferred_results: { warmup: { state: 'started', attempts: 1, duration_ms: 800 } },
        },
      },
    ),
    alsoAnswers: { 503: 'The deferred steps are not done yet, or it drains' },
  },
  readiness: {
    summary: 'What it depends on, and how that is doing',
    details: `${asked} \`status\`, \`timestamp\` and \`draining\` only.`,
    security: 'optional',
    errors: tooOften,
    answer: json(
      z.object({
        status: z.enum(['ready', 'degraded', 'unhealthy']),
        timestamp,
        draining: z.boolean(),
        response_time_ms: count.optional(),
        checks: z
          .array(
            z.object({
              component: z.string(),
              status: z.enum(['up', 'down']),
              critical: z.boolean(),
              response_time_ms: count,
              error: z.string().optional(),
              details: z.record(z.string(), z.unknown()).optional(),
            }),
          )
          .optional(),
      }),
      {
        status: 'ready',
        timestamp: NOW,
        draining: false,
        response_time_ms: 4,
        checks: [{ component: 'agents', status: 'up', critical: true, response_time_ms: 0, details: { agents: 3 } }],
      },
    ),
    alsoAnswers: { 503: 'Something critical is down, or it drains' },
  },
});

const pool = z
  .object({
    name: z.string(),
    ready: z.boolean(),
    warm_pool_size: count.describe('Idle and bound to no session'),
    warm_pool_target: count,
    max_size: count,
    in_use: count,
    waiting: count.describe('Sessions that wait for one'),
    active_sessions: count,
    background_warmup: z.boolean(),
    metrics: z.object({
      allocations_total: count,
      allocations_dedicated: count,
      allocations_warm: count,
      allocations_cold: count,
      wait_timeouts: count,
      rejected: count,
      warmup_cycles: count,
      warmup_retries: count,
      warmup_failures: count,
      last_warmup_error: z.string().nullable(),
      timestamp: count,
    }),
  })
  .meta({ id: 'Pool' });

export const voiceHealthRoutes = describeController(VoiceHealthController, 'Health', {
  voiceHealth: {
    summary: 'How many calls there are, and may be',
    answer: json(
      z.object({
        status: z.enum(['healthy', 'draining']),
        service: z.string(),
        active_connections: count,
        max_connections: count,
      }),
      { status: 'healthy', service: 'voice', active_connections: 3, max_connections: 40 },
    ),
  },
  pools: {
    summary: 'Recognisers and voices: ready, lent, waited for',
    details: `${asked} \`status\` and \`timestamp\` only.`,
    security: 'optional',
    errors: tooOften,
    answer: json(
      z.object({
        status: z.enum(['healthy', 'degraded']),
        timestamp,
        pools: z.record(z.string(), pool).optional(),
        summary: z
          .object({
            total_warm: count,
            total_active_sessions: count,
            allocations_total: count,
            hit_rate_percent: count,
            tier_breakdown: z.object({ dedicated: count, warm: count, cold: count }),
          })
          .optional(),
      }),
      {
        status: 'healthy',
        timestamp: NOW,
        pools: {},
        summary: {
          total_warm: 4,
          total_active_sessions: 3,
          allocations_total: 90,
          hit_rate_percent: 100,
          tier_breakdown: { dedicated: 0, warm: 90, cold: 0 },
        },
      },
    ),
  },
});
