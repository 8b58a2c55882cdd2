import type { Agent, Scenario } from '../agents/agent.js';
import { EXPECTING } from '../llm/dialogue-spec.js';
import { History } from './history.js';

/** What a conversation has come to: who speaks, what was said, what is known. */
export class ConversationState {
  readonly history: History;
  /** Facts that tools and templates share. */
  readonly variables: Record<string, unknown>;
  /** The model driver's own notes. */
  readonly memory: Record<string, unknown> = {};
  /** Who speaks; a handoff changes it. */
  agent: Agent;

  constructor(
    readonly sessionId: string,
    readonly scenario: Scenario,
    agent: Agent,
    historyMaxTokens: number,
  ) {
    this.agent = agent;
    this.history = new History(historyMaxTokens);
    this.variables = structuredClone(scenario.variables) as Record<string, unknown>;
  }

  get templateVariables(): Record<string, unknown> {
    return {
      ...this.variables,
      agent: { name: this.agent.name, description: this.agent.description },
      session: { id: this.sessionId },
    };
  }

  /** Names of the slots the caller was just asked for, if the driver says so. */
  get expecting(): readonly string[] {
    const names = this.memory[EXPECTING];
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
  }
}
