import type { LlmClient, LlmMessage, LlmToolCall } from '../../llm/llm-client.js';
import { EXPECTING } from '../../llm/dialogue-spec.js';
import type { ToolContext, ToolEffect } from '../../tools/tool.js';
import type { ToolRegistry } from '../../tools/tool-registry.js';
import { type Agent, type Scenario, permissionsOf } from '../agent.js';
import type { AgentCatalog } from '../agent-catalog.js';

export interface TextReply {
  /** Everything the agents said in this turn. */
  readonly said: string;
  readonly calls: readonly LlmToolCall[];
  /** Contents of the tool results, in the order of `calls`. */
  readonly results: readonly unknown[];
  /** Who has the call after the turn. */
  readonly agent: string;
  readonly effects: readonly ToolEffect[];
  readonly expecting: readonly string[];
  /** How many `finish` events each request ended with; always 1. */
  readonly finishes: readonly number[];
}

const MOST_ROUNDS = 8;

/** A session without audio: for tests of agents, as a caller who types. */
export class TextConversation {
  readonly messages: LlmMessage[] = [];
  readonly memory: Record<string, unknown> = {};
  readonly variables: Record<string, unknown>;
  readonly scenario: Scenario;
  agent: Agent;

  constructor(
    private readonly catalog: AgentCatalog,
    private readonly tools: ToolRegistry,
    private readonly llm: LlmClient,
    scenario: string,
  ) {
    this.scenario = catalog.scenario(scenario);
    this.agent = catalog.agent(this.scenario.start);
    this.variables = structuredClone(this.scenario.variables);
  }

  say(text: string, signal: AbortSignal = new AbortController().signal): Promise<TextReply> {
    return this.turn({ role: 'user', content: text }, signal);
  }

  /** There was speech, but the recogniser made nothing of it. */
  mumble(signal: AbortSignal = new AbortController().signal): Promise<TextReply> {
    return this.turn({ role: 'user', content: '', rejected: true }, signal);
  }

  private async turn(message: LlmMessage, signal: AbortSignal): Promise<TextReply> {
    this.messages.push(message);
    const said: string[] = [];
    const calls: LlmToolCall[] = [];
    const results: unknown[] = [];
    const effects: ToolEffect[] = [];
    const finishes: number[] = [];
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const answer = await this.ask(signal);
      finishes.push(answer.finishes);
      if (answer.text !== '') said.push(answer.text);
      if (answer.calls.length === 0) break;
      const runs = await Promise.all(answer.calls.map((call) => this.tools.run(call, this.context(), signal)));
      for (const { call, content, effect } of runs) {
        this.messages.push({ role: 'tool', callId: call.callId, name: call.name, content });
        calls.push(call);
        results.push(JSON.parse(content));
        if (effect) effects.push(effect);
        if (effect?.type === 'handoff') this.agent = this.catalog.agent(effect.target);
      }
      if (effects.some(({ type }) => type !== 'handoff')) break;
    }
    const expecting = (this.memory[EXPECTING] ?? []) as string[];
    return { said: said.join(' '), calls, results, agent: this.agent.name, effects, expecting, finishes };
  }

  private async ask(signal: AbortSignal): Promise<{ text: string; calls: LlmToolCall[]; finishes: number }> {
    const calls: LlmToolCall[] = [];
    let text = '';
    let finishes = 0;
    const variables = {
      ...this.variables,
      agent: { name: this.agent.name, description: this.agent.description },
      session: { id: 'text' },
      handoffs: this.catalog.handoffsFrom(this.scenario, this.agent.name),
    };
    const request = {
      messages: [{ role: 'system' as const, content: this.agent.renderPrompt(variables) }, ...this.messages],
      tools: this.tools.definitions(this.agent.tools, this.context()),
      dialogue: this.agent.dialogue,
      variables,
      memory: this.memory,
    };
    for await (const event of this.llm.stream(request, signal)) {
      if (event.type === 'text') text += event.text;
      else if (event.type === 'tool_call') calls.push(event.call);
      else finishes += 1;
    }
    if (text !== '' || calls.length > 0) {
      this.messages.push({ role: 'assistant', content: text, ...(calls.length > 0 && { toolCalls: calls }) });
    }
    return { text, calls, finishes };
  }

  private context(): ToolContext {
    const handoffTargets = this.catalog.handoffsFrom(this.scenario, this.agent.name).map(({ to }) => to);
    const said = this.messages.filter(({ role }) => role === 'user');
    const before = said.length > 1 ? `turn_${said.length - 1}` : null;
    const heard = { turn: `turn_${said.length}`, before, text: said.at(-1)?.content ?? '' };
    const { agent, variables } = this;
    return { sessionId: 'text', agent: agent.name, variables, handoffTargets, allowed: permissionsOf(agent), heard };
  }
}
