import type { ToolContext } from '../tool.js';
import type { ToolPermissions } from '../tool-rule.js';

interface Given extends Partial<Omit<ToolContext, 'allowed'>> {
  readonly allowed?: Partial<ToolPermissions>;
}

/** What a tool gets to know of a session, for tests. @param tools those of the agent */
export function toolContext(tools: readonly string[], { allowed, ...given }: Given = {}): ToolContext {
  return {
    sessionId: 's',
    agent: 'desk',
    variables: {},
    handoffTargets: [],
    heard: { turn: 'turn_1', before: null, text: 'hello' },
    allowed: { language: 'en-US', tools, transferTargets: [], rules: {}, ...allowed },
    ...given,
  };
}
