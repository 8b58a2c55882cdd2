import type { AgentCatalog } from '../../agents/agent-catalog.js';
import { speechHintsOf } from '../../agents/speech-hints.js';
import { ShippedAgents } from '../../agents/testing/shipped-agents.js';
import { CONFIRMATION } from '../../llm/dialogue-spec.js';
import type { SpeechHints } from '../../speech/stt-stream.js';

/** A moment in a call with one of the agents under `agents/`, and what the recogniser is told to expect in it. */
export interface AgentState {
  readonly agent: string;
  /** As in "fraud_desk, asked to confirm". */
  readonly name: string;
  /** What was just asked for; empty in the open state. */
  readonly expecting: readonly string[];
  readonly hints: SpeechHints;
}

/** The states that differ in what may be said: every agent's open state, and each kind of question once. */
export class ShippedStates {
  readonly open: readonly AgentState[];
  readonly asked: readonly AgentState[];
  private readonly catalog: AgentCatalog;

  constructor() {
    const shipped = new ShippedAgents();
    this.catalog = shipped.catalog;
    shipped.close();
    this.open = this.catalog.agents().map(({ name }) => this.state(name, []));
    this.asked = [
      this.state('concierge', ['card_last4']),
      this.state('concierge', [CONFIRMATION]),
      this.state('fraud_desk', ['charge_amount']),
      this.state('fraud_desk', [CONFIRMATION, 'card_last4']),
      this.state('fraud_desk', [CONFIRMATION, 'charge_amount']),
    ];
  }

  state(agent: string, expecting: readonly string[]): AgentState {
    const asked = expecting.length > 0 ? `asked for ${expecting.join(', ')}` : 'open';
    return {
      agent,
      name: `${agent}, ${asked}`,
      expecting,
      hints: speechHintsOf(this.catalog.agent(agent), expecting),
    };
  }

  /** The examples of the agent's intents, the ones that all agents share for the first agent only; slots filled in. */
  phrases({ agent }: AgentState): string[] {
    const before = this.open.slice(
      0,
      this.open.findIndex((other) => other.agent === agent),
    );
    const taken = new Set(before.flatMap(({ hints }) => hints.phrases));
    return this.state(agent, [])
      .hints.phrases.filter((phrase) => !taken.has(phrase))
      .map((phrase) => phrase.replaceAll(/\{(\w+)\}/g, (_, slot: string) => SLOT_VALUES[slot] ?? ''));
  }
}

const SLOT_VALUES: Readonly<Record<string, string>> = {
  card_last4: 'nine zero one seven',
  charge_amount: 'thirty four dollars',
};
