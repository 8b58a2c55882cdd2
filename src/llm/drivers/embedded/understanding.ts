import type { SpeechSlot } from '../../../speech/stt-stream.js';
import type { CompiledDialogue } from './compiled-dialogue.js';
import { digitRuns, findSlot, isCurrency, type SlotValue } from './entities.js';
import { matchPhrase, placeholder } from './phrases.js';
import { trimHesitations } from './tokens.js';

export interface Understanding {
  /** Undefined: nothing that the agent has rules for, or only a value. */
  readonly intent: string | undefined;
  /** 1 for a phrase of the agent's file, word for word. */
  readonly score: number;
  /** What the phrase says about slots. */
  readonly values: Readonly<Record<string, SlotValue>>;
}

/** Below this, a sentence is taken as not understood. Chosen on the held-out sentences of the shipped agents. */
export const ACCEPTED_SCORE = 0.36;

const NOTHING: Understanding = { intent: undefined, score: 0, values: {} };

export function understand(tokens: readonly string[], dialogue: CompiledDialogue, today: Date): Understanding {
  if (tokens.length === 0) return NOTHING;
  const trimmed = trimHesitations(tokens);
  const heard =
    exactly(tokens, dialogue, today) ??
    (trimmed.length < tokens.length ? exactly(trimmed, dialogue, today) : undefined);
  return heard ?? probably(trimmed, dialogue, today);
}

function exactly(tokens: readonly string[], dialogue: CompiledDialogue, today: Date): Understanding | undefined {
  for (const { phrase, intent } of dialogue.phrases) {
    const values = matchPhrase(phrase, tokens, dialogue.slots, today);
    if (values) return { intent, score: 1, values };
  }
  return undefined;
}

function probably(tokens: readonly string[], dialogue: CompiledDialogue, today: Date): Understanding {
  const [best] = dialogue.classifier.classify(withPlaceholders(tokens, today));
  if (!best || best.score < ACCEPTED_SCORE) return NOTHING;
  return { intent: best.label, score: best.score, values: {} };
}

const AMOUNT: SpeechSlot = { kind: 'amount' };
const DATE: SpeechSlot = { kind: 'date' };

/** Values replaced by marks, as in the examples the classifier learned from. */
function withPlaceholders(tokens: readonly string[], today: Date): string[] {
  const marked = [...tokens];
  const mark = (start: number, end: number, kind: SpeechSlot['kind']): void => {
    marked.splice(start, end - start, placeholder(kind), ...Array.from({ length: end - start - 1 }, () => ''));
  };
  for (const run of digitRuns(tokens)) if (run.value.length >= 3) mark(run.start, run.end, 'digits');
  for (let start = 0; start < tokens.length;) {
    const amount = findSlot(AMOUNT, tokens, today, start);
    if (!amount) break;
    // A bare number may be anything.
    if (isCurrency(tokens[amount.end - 1] ?? '')) mark(amount.start, amount.end, 'amount');
    start = amount.end;
  }
  const date = findSlot(DATE, tokens, today);
  if (date && marked[date.start] === tokens[date.start]) mark(date.start, date.end, 'date');
  return marked.filter((token) => token !== '');
}

/**
 * Values of `names` in a sentence about something else ("my card was stolen, it ends in 4242"). Plain numbers and yes
 * or no are not looked for: they mean something only as an answer.
 */
export function extractValues(
  names: readonly string[],
  tokens: readonly string[],
  dialogue: CompiledDialogue,
  today: Date,
): Record<string, SlotValue> {
  const digits = names.filter((name) => dialogue.slots[name]?.kind === 'digits');
  const values: Record<string, SlotValue> = shareDigits(digits, tokens, dialogue);
  for (const name of names) {
    const slot = dialogue.slots[name];
    if (!slot || slot.kind === 'digits' || slot.kind === 'number' || slot.kind === 'yesno') continue;
    const found = findSlot(slot, tokens, today);
    if (found) values[name] = found.value;
  }
  return values;
}

/** Gives each run of digits to the slot that is named before it, else to the first one that it fits. */
export function shareDigits(
  names: readonly string[],
  tokens: readonly string[],
  dialogue: CompiledDialogue,
): Record<string, string> {
  const values: Record<string, string> = {};
  let after = 0;
  for (const run of digitRuns(tokens)) {
    const before = tokens.slice(after, run.start);
    after = run.end;
    const open = names.filter((name) => !(name in values));
    const fitting = open.filter((name) => fits(run.value, dialogue.slots[name]));
    const named = fitting.find((name) => name.split('_').some((word) => before.includes(word)));
    const name = named ?? fitting[0];
    if (name) values[name] = run.value;
    else Object.assign(values, splitDigits(run.value, open, dialogue));
  }
  return values;
}

/** "four two four two one two three four": several answers without a pause. */
function splitDigits(digits: string, names: readonly string[], dialogue: CompiledDialogue): Record<string, string> {
  const values: Record<string, string> = {};
  let rest = digits;
  for (const name of names) {
    const slot = dialogue.slots[name];
    if (slot?.kind !== 'digits' || slot.minLength !== slot.maxLength) return {};
    values[name] = rest.slice(0, slot.minLength);
    rest = rest.slice(slot.minLength);
    if (rest === '') return values[name].length === slot.minLength ? values : {};
  }
  return {};
}

export function fits(digits: string, slot: SpeechSlot | undefined): boolean {
  return slot?.kind === 'digits' && digits.length >= slot.minLength && digits.length <= slot.maxLength;
}
