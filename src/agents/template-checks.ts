import { Condition, Template, TemplateError } from '../llm/templates.js';
import type { AgentFile } from './agent-schema.js';
import type { DialogueFile, RepliesFile, TextsFile } from './dialogue-schema.js';
import { INTENT_MESSAGES } from './build-agent.js';
import type { FieldPath } from './yaml-file.js';

export interface TemplateText {
  readonly path: FieldPath;
  readonly text: string;
  readonly isCondition: boolean;
}

/** Set by the session itself, whatever the agent. */
const ALWAYS = ['agent', 'session', 'handoffs'];
const IN_DIALOGUE = ['slots', 'result'];
const IN_MESSAGES = ['title', 'titles', 'digits'];

export type TemplateReport = (template: TemplateText, message: string, line: number) => void;

/** Every template of the agent: whether it can be parsed, and whether it reads variables that nothing sets. */
export function checkTemplates(file: AgentFile, variables: readonly string[], report: TemplateReport): void {
  const slots = Object.keys(file.dialogue?.slots ?? {});
  for (const template of templatesOf(file)) {
    const inDialogue = template.path[0] === 'dialogue';
    const inMessages = inDialogue && template.path[1] === 'messages';
    const known = [
      ...ALWAYS,
      ...variables,
      ...(file.variables ?? []),
      ...(inDialogue ? IN_DIALOGUE : []),
      ...(inMessages ? IN_MESSAGES : []),
    ];
    checkTemplate(template, known, slots, report);
  }
}

export function checkPrompt(text: string, file: AgentFile, variables: readonly string[], report: TemplateReport): void {
  checkTemplate(
    { path: [], text, isCondition: false },
    [...ALWAYS, ...variables, ...(file.variables ?? [])],
    [],
    report,
  );
}

function checkTemplate(
  template: TemplateText,
  known: readonly string[],
  slots: readonly string[],
  report: TemplateReport,
): void {
  try {
    const parsed = template.isCondition ? Condition.parse(template.text) : Template.parse(template.text);
    for (const [root, field] of parsed.variables()) {
      if (root === undefined || !known.includes(root)) {
        report(
          template,
          `nothing sets the variable "${root}"; known are ${known.join(', ')} (session variables go into "variables")`,
          1,
        );
      } else if (root === 'slots' && field !== undefined && !slots.includes(field)) {
        report(template, `there is no slot "${field}"; there are ${slots.join(', ') || 'none'}`, 1);
      }
    }
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    report(template, error.message, error.line);
  }
}

function* templatesOf(file: AgentFile): Generator<TemplateText> {
  if (file.greeting) yield plain(['greeting', 'text'], file.greeting.text);
  for (const [index, text] of file.no_input.reprompts.entries()) yield plain(['no_input', 'reprompts', index], text);
  yield plain(['no_input', 'action', 'text'], file.no_input.action.text);
  yield plain(['apology'], file.apology);
  for (const [name, text] of Object.entries(file.fallbacks ?? {})) yield plain(['fallbacks', name], text);
  if (file.transfer_failed !== undefined) yield plain(['transfer_failed'], file.transfer_failed);
  for (const [index, text] of (file.waiting ?? []).entries()) yield plain(['waiting', index], text);
  if (file.reconnected !== undefined) yield plain(['reconnected'], file.reconnected);
  if (file.dialogue) yield* templatesOfDialogue(file.dialogue);
}

function* templatesOfDialogue(dialogue: DialogueFile): Generator<TemplateText> {
  for (const [name, slot] of Object.entries(dialogue.slots ?? {})) {
    const path = ['dialogue', 'slots', name];
    yield* all([...path, 'ask'], slot.ask);
    if (slot.default !== undefined) yield plain([...path, 'default'], slot.default);
  }
  for (const [name, intent] of Object.entries(dialogue.intents ?? {})) {
    const path = ['dialogue', 'intents', name];
    if (intent.done_when !== undefined) yield condition([...path, 'done_when'], intent.done_when);
    yield* all([...path, 'confirm'], intent.confirm);
    if (intent.filler !== undefined) yield plain([...path, 'filler'], intent.filler);
    for (const [argument, text] of Object.entries(intent.arguments ?? {}))
      yield plain([...path, 'arguments', argument], text);
    yield* ofReplies([...path, 'replies'], intent.replies);
    yield* ofReplies([...path, 'failed'], intent.failed);
    yield* ofReplies([...path, 'denied'], intent.denied);
  }
  for (const [reason, { say }] of Object.entries(dialogue.on_handoff ?? {}))
    yield* all(['dialogue', 'on_handoff', reason, 'say'], say);
  for (const [key, texts] of Object.entries(dialogue.messages ?? {})) {
    if (!INTENT_MESSAGES.has(key)) yield* all(['dialogue', 'messages', key], texts);
  }
}

function* ofReplies(path: FieldPath, replies: RepliesFile | undefined): Generator<TemplateText> {
  for (const [index, { when, say }] of (replies ?? []).entries()) {
    if (when !== undefined) yield condition([...path, index, 'when'], when);
    yield* all([...path, index, 'say'], say);
  }
}

function* all(path: FieldPath, texts: TextsFile | undefined): Generator<TemplateText> {
  if (typeof texts === 'string') yield plain(path, texts);
  else for (const [index, text] of (texts ?? []).entries()) yield plain([...path, index], text);
}

function plain(path: FieldPath, text: string): TemplateText {
  return { path, text, isCondition: false };
}

function condition(path: FieldPath, text: string): TemplateText {
  return { path, text, isCondition: true };
}
