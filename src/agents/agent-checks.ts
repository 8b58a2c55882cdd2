import { parsePhrase } from '../llm/drivers/embedded/phrases.js';
import { CONFIRMATION, STEP_TOOLS } from '../llm/dialogue-spec.js';
import { digitLengths, INTENT_MESSAGES } from './build-agent.js';
import type { AgentFile } from './agent-schema.js';
import type { DialogueFile, IntentFile, RepliesFile, StepFile } from './dialogue-schema.js';
import type { FieldPath } from './yaml-file.js';

export type Report = (path: FieldPath, message: string) => void;

export interface KnownNames {
  /** Tool names with the names of their parameters, where those are known. */
  readonly tools: ReadonlyMap<string, readonly string[] | undefined>;
  /** Without it, voice names are not checked. */
  readonly voices?: readonly string[];
  /** Primary subtags. Without it, languages are not checked. */
  readonly languages?: readonly string[];
  readonly agents: ReadonlySet<string>;
}

/** What a schema cannot say about one agent: whether the names in its file stand for something. */
export function checkAgent(file: AgentFile, known: KnownNames, report: Report): void {
  for (const [index, tool] of file.tools.entries()) {
    if (!known.tools.has(tool))
      report(['tools', index], `there is no tool "${tool}"; there are ${listed(known.tools.keys())}`);
  }
  checkToolRules(file, known, report);
  if (known.voices && !known.voices.includes(file.voice.name)) {
    report(['voice', 'name'], `there is no voice "${file.voice.name}"; there are ${listed(known.voices)}`);
  }
  if (known.languages && !known.languages.includes(file.language.split('-')[0]!)) {
    report(
      ['language'],
      `"${file.language}" is not understood and spoken here; allowed are ${listed(known.languages)}`,
    );
  }
  const dialogue = file.dialogue ?? {};
  checkPhrases(dialogue, report);
  for (const [name, intent] of Object.entries(dialogue.intents ?? {})) {
    const path = ['dialogue', 'intents', name] as const;
    checkIntent(intent, path, dialogue, file.tools, known, report);
    checkSteps(intent, path, dialogue, file.tools, known, report);
  }
  for (const [reason, { start }] of Object.entries(dialogue.on_handoff ?? {})) {
    if (start !== undefined) checkIntentName(start, ['dialogue', 'on_handoff', reason, 'start'], dialogue, report);
  }
  for (const [key, value] of Object.entries(dialogue.messages ?? {})) {
    if (INTENT_MESSAGES.has(key)) checkIntentName(String(value), ['dialogue', 'messages', key], dialogue, report);
  }
}

/** Every place where the agent's rules hand over to another agent. */
export function handoffTargets(file: AgentFile): { path: FieldPath; target: string }[] {
  return Object.entries(file.dialogue?.intents ?? {}).flatMap(([name, intent]) =>
    stepsOf(intent).flatMap(({ path, step }) =>
      typeof step === 'object' && 'handoff' in step
        ? [{ path: ['dialogue', 'intents', name, ...path, 'handoff'], target: step.handoff }]
        : [],
    ),
  );
}

function checkToolRules(file: AgentFile, known: KnownNames, report: Report): void {
  for (const [tool, rule] of Object.entries(file.tool_rules ?? {})) {
    const path = ['tool_rules', tool];
    if (!file.tools.includes(tool)) report(path, `"${tool}" is not in the agent's tools (${listed(file.tools)})`);
    const parameters = known.tools.get(tool);
    for (const key of ['from_session', 'max', 'max_total'] as const) {
      for (const argument of Object.keys(rule[key] ?? {})) {
        if (parameters && !parameters.includes(argument))
          report([...path, key, argument], `"${tool}" has no parameter "${argument}"; it has ${listed(parameters)}`);
      }
    }
  }
}

function checkPhrases(dialogue: DialogueFile, report: Report): void {
  const slots = dialogue.slots ?? {};
  const seen = new Map<string, string>();
  for (const [name, slot] of Object.entries(slots)) {
    const path = ['dialogue', 'slots', name];
    if (name === CONFIRMATION) report(path, 'this name is taken by the answer to yes-or-no questions');
    for (const [index, phrase] of (slot.phrases ?? []).entries())
      checkPhrase(phrase, [...path, 'phrases', index], slots, report);
    if (slot.kind === 'digits') {
      const { minLength, maxLength } = digitLengths(slot);
      if (slot.length === undefined && slot.max_length === undefined)
        report(path, 'needs a length, or min_length and max_length');
      else if (minLength > maxLength) report([...path, 'max_length'], `must be at least ${minLength}`);
    }
  }
  for (const [name, { examples }] of Object.entries(dialogue.intents ?? {})) {
    for (const [index, phrase] of (examples ?? []).entries()) {
      const path = ['dialogue', 'intents', name, 'examples', index];
      checkPhrase(phrase, path, slots, report);
      const other = seen.get(phrase);
      if (other !== undefined)
        report(path, `"${phrase}" is an example of ${other === name ? 'this intent already' : `"${other}" as well`}`);
      seen.set(phrase, name);
    }
  }
}

function checkPhrase(phrase: string, path: FieldPath, slots: Readonly<Record<string, unknown>>, report: Report): void {
  try {
    for (const slot of parsePhrase(phrase).slots) {
      if (!(slot in slots)) report(path, `there is no slot "${slot}"; there are ${listed(Object.keys(slots))}`);
    }
  } catch (error) {
    report(path, `"${phrase}": ${(error as Error).message}`);
  }
}

function checkIntent(
  intent: IntentFile,
  path: FieldPath,
  dialogue: DialogueFile,
  tools: readonly string[],
  known: KnownNames,
  report: Report,
): void {
  const slots = dialogue.slots ?? {};
  for (const [index, slot] of (intent.slots ?? []).entries()) {
    if (!(slot in slots))
      report([...path, 'slots', index], `there is no slot "${slot}"; there are ${listed(Object.keys(slots))}`);
    else if (slots[slot]!.ask === undefined)
      report([...path, 'slots', index], `the slot "${slot}" has no "ask", so it cannot be asked for`);
  }
  if (intent.requires !== undefined) checkIntentName(intent.requires, [...path, 'requires'], dialogue, report);
  if (requiresItself(intent, dialogue)) report([...path, 'requires'], 'goes round in a circle');
  if (intent.tool === undefined) {
    if (intent.arguments) report([...path, 'arguments'], 'there is no tool to give them to');
    if (!intent.replies && !intent.command) report(path, 'needs a tool, replies or a command');
    return;
  }
  checkToolName(intent.tool, [...path, 'tool'], tools, report);
  const parameters = known.tools.get(intent.tool);
  for (const argument of Object.keys(intent.arguments ?? {})) {
    if (parameters && !parameters.includes(argument)) {
      report(
        [...path, 'arguments', argument],
        `"${intent.tool}" has no parameter "${argument}"; it has ${listed(parameters)}`,
      );
    }
  }
}

function checkSteps(
  intent: IntentFile,
  path: FieldPath,
  dialogue: DialogueFile,
  tools: readonly string[],
  known: KnownNames,
  report: Report,
): void {
  for (const { path: below, step } of stepsOf(intent)) {
    if (typeof step === 'string') continue;
    const at = [...path, ...below];
    if ('start' in step) checkIntentName(step.start, [...at, 'start'], dialogue, report);
    if ('handoff' in step) {
      if (!known.agents.has(step.handoff))
        report([...at, 'handoff'], `there is no agent "${step.handoff}"; there are ${listed(known.agents)}`);
      checkToolName(STEP_TOOLS.handoff, [...at, 'handoff'], tools, report);
    }
    if ('transfer' in step) checkToolName(STEP_TOOLS.transfer, [...at, 'transfer'], tools, report);
    if ('end' in step) checkToolName(STEP_TOOLS.end, [...at, 'end'], tools, report);
    if ('retry' in step) {
      for (const [index, slot] of step.retry.entries()) {
        if (!(slot in (dialogue.slots ?? {}))) report([...at, 'retry', index], `there is no slot "${slot}"`);
      }
    }
  }
}

function stepsOf(intent: IntentFile): { path: FieldPath; step: StepFile }[] {
  const lists: [string, RepliesFile | undefined][] = [
    ['replies', intent.replies],
    ['failed', intent.failed],
    ['denied', intent.denied],
  ];
  return lists.flatMap(([key, replies]) =>
    (replies ?? []).flatMap(({ next }, index) =>
      next === undefined ? [] : [{ path: [key, index, 'next'], step: next }],
    ),
  );
}

function checkIntentName(name: string, path: FieldPath, dialogue: DialogueFile, report: Report): void {
  const intents = dialogue.intents ?? {};
  if (!(name in intents)) report(path, `there is no intent "${name}"; there are ${listed(Object.keys(intents))}`);
}

function checkToolName(name: string, path: FieldPath, tools: readonly string[], report: Report): void {
  if (!tools.includes(name)) report(path, `"${name}" is not in the agent's tools (${listed(tools)})`);
}

function requiresItself(intent: IntentFile, dialogue: DialogueFile): boolean {
  const seen = new Set<string>();
  for (let at = intent.requires; at !== undefined; at = dialogue.intents?.[at]?.requires) {
    if (seen.has(at)) return true;
    seen.add(at);
  }
  return false;
}

function listed(names: Iterable<string>): string {
  return [...names].join(', ') || 'none';
}
