import type {
  DialogueIntent,
  DialogueMessages,
  DialogueReply,
  DialogueSlot,
  DialogueSpec,
  DialogueStep,
} from '../llm/dialogue-spec.js';
import type { LlmSampling } from '../llm/llm-client.js';
import { Template } from '../llm/templates.js';
import type { ToolRule } from '../tools/tool-rule.js';
import type { Agent, Scenario } from './agent.js';
import type { AgentFile, ScenarioFile, ToolRuleFile } from './agent-schema.js';
import type { DialogueFile, IntentFile, RepliesFile, SlotFile, StepFile, TextsFile } from './dialogue-schema.js';

/** From the spelling of a checked file to the types the program works with. */
export function buildAgent(name: string, file: AgentFile, prompt: string): Agent {
  const template = Template.parse(prompt);
  return {
    name,
    description: file.description,
    language: file.language,
    voice: { ...file.voice, language: file.language },
    greeting: file.greeting,
    onNewInput: file.on_new_input,
    noInput: { afterMs: file.no_input.after_ms, reprompts: file.no_input.reprompts, action: file.no_input.action },
    bargeIn: file.barge_in,
    tools: file.tools,
    transferTargets: transferTargetsOf(file),
    toolRules: mapValues(file.tool_rules ?? {}, buildToolRule),
    apology: file.apology,
    fallbacks: {
      contentFilter: file.fallbacks?.content_filter ?? file.apology,
      contextLength: file.fallbacks?.context_length ?? file.apology,
    },
    transferFailed: file.transfer_failed ?? file.apology,
    waiting: file.waiting ?? [],
    reconnected: file.reconnected ?? '',
    dialogue: buildDialogue(file.dialogue ?? {}),
    ...(file.model && { sampling: buildSampling(file.model) }),
    renderPrompt: (variables) => template.render(variables),
  };
}

function buildSampling({ temperature, max_tokens: maxTokens }: NonNullable<AgentFile['model']>): LlmSampling {
  return { ...(temperature !== undefined && { temperature }), ...(maxTokens !== undefined && { maxTokens }) };
}

/** Those of its list, and those that its author has written into its rules. */
function transferTargetsOf({ transfers, no_input: noInput, dialogue }: AgentFile): string[] {
  const rules = Object.values(dialogue?.intents ?? {}).flatMap(({ replies, failed, denied }) =>
    [replies, failed, denied].flatMap((list) => list ?? []),
  );
  const named = rules.flatMap(({ next }) => (typeof next === 'object' && 'transfer' in next ? [next.transfer] : []));
  const atLast = noInput.action.type === 'transfer' ? [noInput.action.target] : [];
  return [...new Set([...(transfers ?? []), ...named, ...atLast])];
}

function buildToolRule(file: ToolRuleFile): ToolRule {
  return {
    needs: file.needs ?? [],
    fromSession: file.from_session ?? {},
    max: file.max ?? {},
    maxTotal: file.max_total ?? {},
    maxCalls: file.max_calls,
    confirm: file.confirm,
  };
}

export function buildScenario(name: string, file: ScenarioFile): Scenario {
  return {
    name,
    description: file.description,
    start: file.start,
    agents: file.agents,
    handoffs: file.handoffs ?? [],
    variables: file.variables ?? {},
  };
}

export function buildDialogue(file: DialogueFile): DialogueSpec {
  return {
    slots: mapValues(file.slots ?? {}, buildSlot),
    intents: mapValues(file.intents ?? {}, buildIntent),
    onHandoff: mapValues(file.on_handoff ?? {}, ({ say, start }) => ({
      say: list(say),
      ...(start !== undefined && { start }),
    })),
    messages: buildMessages(file.messages ?? {}),
  };
}

function buildSlot(file: SlotFile): DialogueSlot {
  const { ask, phrases, default: fallback, keep } = file;
  const common = {
    ask: list(ask),
    phrases: phrases ?? [],
    keep: keep ?? false,
    ...(fallback !== undefined && { default: fallback }),
  };
  switch (file.kind) {
    case 'digits':
      return { kind: 'digits', ...digitLengths(file), ...common };
    case 'choice':
      return {
        kind: 'choice',
        values: Object.entries(file.values).map(([value, synonyms]) => ({ value, synonyms })),
        ...common,
      };
    default:
      return { kind: file.kind, ...common };
  }
}

export function digitLengths(file: SlotFile & { kind: 'digits' }): { minLength: number; maxLength: number } {
  return { minLength: file.min_length ?? file.length ?? 1, maxLength: file.max_length ?? file.length ?? 30 };
}

function buildIntent(file: IntentFile): DialogueIntent {
  const { title, command, requires, done_when: doneWhen, filler } = file;
  return {
    examples: file.examples ?? [],
    slots: file.slots ?? [],
    confirm: list(file.confirm),
    denied: buildReplies(file.denied, { type: 'abandon' }),
    replies: buildReplies(file.replies, { type: file.tool === undefined ? 'listen' : 'done' }),
    failed: buildReplies(file.failed, { type: 'abandon' }),
    ...(title !== undefined && { title }),
    ...(command !== undefined && { command }),
    ...(requires !== undefined && { requires }),
    ...(doneWhen !== undefined && { doneWhen }),
    ...(filler !== undefined && { filler }),
    ...(file.tool !== undefined && { tool: { name: file.tool, arguments: file.arguments ?? {} } }),
  };
}

function buildReplies(file: RepliesFile | undefined, usual: DialogueStep): DialogueReply[] {
  return (file ?? []).map(({ when, say, next }) => ({
    ...(when !== undefined && { when }),
    say: list(say),
    next: next === undefined ? usual : buildStep(next),
  }));
}

function buildStep(file: StepFile): DialogueStep {
  if (file === 'retry') return { type: 'retry', slots: [] };
  if (typeof file === 'string') return { type: file };
  if ('retry' in file) return { type: 'retry', slots: file.retry };
  if ('start' in file) return { type: 'start', intent: file.start };
  if ('handoff' in file) return { type: 'handoff', target: file.handoff, reason: file.reason };
  if ('transfer' in file) return { type: 'transfer', target: file.transfer, reason: file.reason };
  return { type: 'end', reason: file.end };
}

function buildMessages(file: NonNullable<DialogueFile['messages']>): Partial<DialogueMessages> {
  return Object.fromEntries(
    Object.entries(file).map(([key, value]) => [camelCase(key), INTENT_MESSAGES.has(key) ? value : list(value)]),
  );
}

function camelCase(key: string): string {
  return key.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** Messages that name an intent instead of holding a text. */
export const INTENT_MESSAGES: ReadonlySet<string> = new Set(['not_understood_then', 'nothing_else']);

export function list(texts: TextsFile | undefined): readonly string[] {
  return texts === undefined ? [] : typeof texts === 'string' ? [texts] : texts;
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
