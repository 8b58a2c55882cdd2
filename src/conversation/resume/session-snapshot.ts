import { z } from 'zod';
import type { HistoryEntry } from '../history.js';

const toolCall = z.object({ callId: z.string(), name: z.string(), arguments: z.string() });

const message = z.discriminatedUnion('role', [
  z.object({ role: z.literal('system'), content: z.string() }),
  z.object({ role: z.literal('user'), content: z.string(), rejected: z.boolean().optional() }),
  z.object({ role: z.literal('assistant'), content: z.string(), toolCalls: z.array(toolCall).optional() }),
  z.object({ role: z.literal('tool'), callId: z.string(), name: z.string(), content: z.string() }),
]);

const snapshot = z.object({
  version: z.literal(1),
  sessionId: z.string(),
  scenario: z.string(),
  agent: z.string(),
  /** Wall-clock milliseconds since 1970. */
  startedAt: z.number(),
  /** How many there were so far. */
  turns: z.number().int(),
  generations: z.number().int(),
  history: z.array(
    z.object({
      generationId: z.string().optional(),
      messageId: z.string().optional(),
      message,
      tokens: z.number(),
    }),
  ) as unknown as z.ZodType<HistoryEntry[]>,
  variables: z.record(z.string(), z.unknown()),
  memory: z.record(z.string(), z.unknown()),
  /** Keys that were pressed and are no input yet. */
  digits: z.string(),
  /** What the agent was about to say when the connection was lost; empty if it had finished. */
  unsaid: z.string(),
  /** Whether the last answer to something that was understood was heard, and did not fail. */
  answered: z.boolean().optional(),
  /** Whether nothing of the caller is taken in. */
  paused: z.boolean().optional(),
  /** W3C's: the trace of the call so far. */
  traceparent: z.string().optional(),
});

/** All that a conversation needs to go on elsewhere. */
export type SessionSnapshot = z.output<typeof snapshot>;

/** Undefined for what another version of this program has written, and for anything else. */
export function parseSnapshot(text: string): SessionSnapshot | undefined {
  try {
    return snapshot.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
