import type { Agent, Handoff, Scenario } from '../agents/agent.js';
import { EXPECTING } from '../llm/dialogue-spec.js';
import { Template } from '../llm/templates.js';
import { History } from './history.js';
import type { SessionSnapshot } from './resume/session-snapshot.js';
import { turnId } from './turn.js';

/** A generation of which the caller has not heard everything yet. */
export interface PartlyHeard {
  readonly generationId: string;
  /** By message. */
  readonly heard: ReadonlyMap<string, string>;
}

/** What a conversation has come to: who speaks, what was said, what is known. */
export class ConversationState {
  readonly history: History;
  /** Facts that tools and templates share. */
  readonly variables: Record<string, unknown>;
  /** The model driver's own notes. */
  readonly memory: Record<string, unknown>;
  /** Who speaks; a handoff changes it. */
  agent: Agent;
  /** How many there were so far. */
  turns: number;
  generations: number;
  /** What the agent was about to say when it was interrupted last; empty if it had finished. */
  unsaid: string;
  /** Keys that were pressed and are no input yet. */
  digits: string;
  /** Whether the last answer to something that was understood was heard, and did not fail. */
  answered: boolean;

  /**
   * @param onChange called when the history has changed @param resumed what it goes on with.
   */
  constructor(
    readonly sessionId: string,
    readonly scenario: Scenario,
    agent: Agent,
    historyMaxTokens: number,
    onChange: () => void = () => undefined,
    resumed?: SessionSnapshot,
  ) {
    this.agent = agent;
    this.history = new History(historyMaxTokens, onChange, resumed?.history);
    this.variables = { ...structuredClone(scenario.variables), ...resumed?.variables };
    this.memory = { ...resumed?.memory };
    this.turns = resumed?.turns ?? 0;
    this.generations = resumed?.generations ?? 0;
    this.unsaid = resumed?.unsaid ?? '';
    this.digits = resumed?.digits ?? '';
    this.answered = resumed?.answered ?? false;
  }

  /** @param startedAt wall-clock ms @param speaking is kept as if it were cut off now. */
  snapshot(startedAt: number, speaking: PartlyHeard | undefined): SessionSnapshot {
    const { entries, unsaid } = speaking
      ? this.history.truncated(speaking.generationId, speaking.heard)
      : { entries: [...this.history.kept], unsaid: this.unsaid };
    return {
      version: 1,
      sessionId: this.sessionId,
      scenario: this.scenario.name,
      agent: this.agent.name,
      startedAt,
      turns: this.turns,
      generations: this.generations,
      history: entries,
      variables: this.variables,
      memory: this.memory,
      digits: this.digits,
      unsaid,
      answered: this.answered,
    };
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

  /** A text of the agent's, with what is known filled in. */
  render(template: string): string {
    return Template.parse(template).render(this.templateVariables);
  }

  /** Of what the caller is about to say. */
  get comingTurnId(): string {
    return turnId(this.turns + 1);
  }

  /** The caller has said something. */
  nextTurnId(): string {
    return turnId(++this.turns);
  }

  /** Names of the slots the caller was just asked for, if the driver says so. */
  get expecting(): readonly string[] {
    const names = this.memory[EXPECTING];
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
  }

  /** How many keys the caller was just asked for; undefined if that is not known. */
  get expectedDigits(): number | undefined {
    const [name] = this.expecting;
    const slot = name === undefined ? undefined : this.agent.dialogue.slots[name];
    return slot?.kind === 'digits' && slot.minLength === slot.maxLength ? slot.maxLength : undefined;
  }
}
