import type { Agent } from '../agents/agent.js';
import { LlmError } from '../llm/llm-error.js';

/** What the agent says when its answer has failed; a template. */
export function fallbackFor(error: unknown, { apology, fallbacks }: Agent): string {
  const fault = error instanceof LlmError ? error.fault : undefined;
  if (fault === 'content_filter') return fallbacks.contentFilter;
  if (fault === 'context_length') return fallbacks.contextLength;
  return apology;
}
