import type { DialogueSpec } from '../llm/dialogue-spec.js';
import type { LlmSampling } from '../llm/llm-client.js';
import type { ToolPermissions, ToolRule } from '../tools/tool-rule.js';

/** One agent as loaded from `agents/<name>/agent.yaml`, defaults merged, prompt template parsed. */
export interface Agent {
  readonly name: string;
  readonly description: string;
  /** BCP 47. */
  readonly language: string;
  readonly voice: AgentVoice;
  /** Spoken when a session starts with this agent; a template. */
  readonly greeting: { readonly text: string; readonly interruptible: boolean } | undefined;
  /** What a new user turn does while the agent still speaks or thinks. */
  readonly onNewInput: 'interrupt' | 'wait';
  readonly noInput: NoInputPolicy;
  /** Whether speech interrupts this agent at all, and which short utterances never do. */
  readonly bargeIn: { readonly enabled: boolean; readonly backchannels: readonly string[] };
  /** Names in the tool registry. */
  readonly tools: readonly string[];
  /** Where it may transfer calls to. */
  readonly transferTargets: readonly string[];
  /** By tool. */
  readonly toolRules: Readonly<Record<string, ToolRule>>;
  /** Spoken when a tool, the model or the synthesiser failed; a template. */
  readonly apology: string;
  /** Spoken in its place where saying it again would not help; templates. */
  readonly fallbacks: { readonly contentFilter: string; readonly contextLength: string };
  /** Spoken when a transfer has not worked out; a template. */
  readonly transferFailed: string;
  /** Spoken one after the other when an answer takes long; templates. The last one is used from then on. */
  readonly waiting: readonly string[];
  /** Spoken when a caller whose connection was lost is back, before what they have missed; a template. */
  readonly reconnected: string;
  readonly dialogue: DialogueSpec;
  /** What it wants of a model in place of the configured values. */
  readonly sampling?: LlmSampling;
  /** Renders the system prompt. */
  renderPrompt(variables: Readonly<Record<string, unknown>>): string;
}

/** What it may do with tools, whatever a model wants. */
export function permissionsOf({ language, tools, transferTargets, toolRules }: Agent): ToolPermissions {
  return { language, tools, transferTargets, rules: toolRules };
}

export interface AgentVoice {
  readonly name: string;
  readonly rate: number;
  readonly pitch: number;
  /** The voice of each synthesiser that is to speak with another one than `name`. */
  readonly providers?: Readonly<Record<string, string>>;
  /** The agent's. */
  readonly language?: string;
}

export interface NoInputPolicy {
  /** Silence after the agent has finished speaking, ms. */
  readonly afterMs: number;
  /** Spoken one after the other; then comes the action. */
  readonly reprompts: readonly string[];
  readonly action:
    | { readonly type: 'end'; readonly text: string }
    | { readonly type: 'transfer'; readonly text: string; readonly target: string };
}

/** Which agents work together, and who hands over to whom. */
export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly start: string;
  readonly agents: readonly string[];
  readonly handoffs: readonly Handoff[];
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface Handoff {
  readonly from: string;
  readonly to: string;
  /** When to hand over, for the model. */
  readonly when: string;
  /** `announced`: the new agent introduces itself; `discrete`: it goes on as if nothing had happened. */
  readonly kind: 'discrete' | 'announced';
}
