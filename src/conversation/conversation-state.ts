import type { Agent, Handoff, Scenario } from '../agents/agent.js';
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
    this.variables = structuredClone(scenario.variables);
  }

  /** Where the active agent may hand over to. */
  get handoffs(): readonly Handoff[] {
    return this.scenario.handoffs.filter((handoff) => handoff.from === this.agent.name);
  }

  get templateVariables(): Record<string, unknown> {
    const { name, description } = this.agent;
    return {
      ...this.variables,
      agent: { name, description },
      session: { id: this.sessionId },
      handoffs: this.handoffs,
    };
  }

  /** Names of the slots the caller was just asked for, if the driver says so. */
  get expecting(): readonly string[] {
    const names = this.memory[EXPECTING];
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
  }
}
