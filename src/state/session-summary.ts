import { z } from 'zod';
import type { SessionSummary } from './session-registry.js';

const summary = z.looseObject({
  session_id: z.string(),
  // Replicas of before there was another kind say nothing of it.
  kind: z.enum(['voice', 'listen']).default('voice'),
  tenant: z.string(),
  agent: z.string(),
  scenario: z.string(),
  started_at: z.string(),
  duration_ms: z.number(),
  turns: z.number(),
  state: z.string(),
  active_tasks: z.record(z.string(), z.string()),
});

/** What another replica says of a session, if it can be believed. */
export function summaryOf(sessionId: string, said: unknown): SessionSummary | undefined {
  const parsed = summary.safeParse(said);
  return parsed.success && parsed.data.session_id === sessionId ? parsed.data : undefined;
}
