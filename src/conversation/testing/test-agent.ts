import type { Agent, Scenario } from '../../agents/agent.js';
import type { AgentCatalog } from '../../agents/agent-catalog.js';
import { AgentSet } from '../../agents/agent-set.js';

/** An agent that says what its model says: no greeting, no reprompts for a long time. */
export function testAgent(overrides: Partial<Agent> = {}): Agent {
  const name = overrides.name ?? 'desk';
  return {
    name,
    description: 'An agent of the tests',
    language: 'en-US',
    voice: { name: 'hum', rate: 1, pitch: 0 },
    greeting: undefined,
    onNewInput: 'interrupt',
    noInput: { afterMs: 60_000, reprompts: [], action: { type: 'end', text: 'Goodbye.' } },
    bargeIn: { enabled: true, backchannels: ['okay', 'mm-hm'] },
    tools: [],
    transferTargets: [],
    toolRules: {},
    apology: 'Sorry, that did not work.',
    fallbacks: { contentFilter: 'I cannot talk about that.', contextLength: 'I have lost the thread.' },
    transferFailed: 'Nobody is there.',
    waiting: [],
    reconnected: 'We were cut off.',
    dialogue: {
      slots: {
        pin: { kind: 'digits', minLength: 4, maxLength: 4 },
        sure: { kind: 'yesno' },
      },
    },
    renderPrompt: () => `You are ${name}.`,
    ...overrides,
  };
}

/** Agents that need no files; the first one starts, and the handoffs are those given. */
export function testCatalog(agents: readonly Agent[], handoffs: Scenario['handoffs'] = []): AgentCatalog {
  const scenario: Scenario = {
    name: 'test',
    description: 'A scenario of the tests',
    start: agents[0]!.name,
    agents: agents.map((agent) => agent.name),
    handoffs,
    variables: {},
  };
  const catalog: Pick<AgentCatalog, 'current'> = { current: new AgentSet(agents, [scenario], 'test') };
  return catalog as AgentCatalog;
}
