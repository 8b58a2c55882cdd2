import type { SpeechSlot } from '../../../speech/stt-stream.js';
import { dateAt } from './dates.js';
import { digitsAt, numberAt, type Reading } from './numbers.js';
import { tokenize } from './tokens.js';

/** Digits and dates are strings (dates as `YYYY-MM-DD`), numbers and amounts numbers, choices their `value`. */
export type SlotValue = string | number | boolean;

export interface Found {
  readonly value: SlotValue;
  readonly start: number;
  readonly end: number;
}

/** Every way to read `slot` at token `at`, longest first. `today` is midnight UTC of the caller's day. */
export function readingsAt(slot: SpeechSlot, tokens: readonly string[], at: number, today: Date): Reading<SlotValue>[] {
  switch (slot.kind) {
    case 'digits':
      return digitsAt(tokens, at)
        .filter(({ value }) => value.length >= slot.minLength && value.length <= slot.maxLength)
        .toReversed();
    case 'number':
      return asList(numberAt(tokens, at));
    case 'amount':
      return amountsAt(tokens, at);
    case 'date':
      return asList(dateAt(tokens, at, today));
    case 'yesno':
      return phrasesAt(YES_NO, tokens, at);
    case 'choice':
    default:
      return phrasesAt(choicesOf(slot), tokens, at);
  }
}

/** The first place in `tokens` where `slot` can be read; digits only as a whole run, never a part of a longer one. */
export function findSlot(slot: SpeechSlot, tokens: readonly string[], today: Date, from = 0): Found | undefined {
  for (let start = from; start < tokens.length; start += 1) {
    if (slot.kind === 'digits') {
      const run = digitsAt(tokens, start).at(-1);
      if (!run) continue;
      if (run.value.length >= slot.minLength && run.value.length <= slot.maxLength) return { ...run, start };
      start = run.end - 1;
    } else {
      const [reading] = readingsAt(slot, tokens, start, today);
      if (reading) return { ...reading, start };
    }
  }
  return undefined;
}

/** All maximal runs of digits, of any length. */
export function digitRuns(tokens: readonly string[]): { value: string; start: number; end: number }[] {
  const runs: { value: string; start: number; end: number }[] = [];
  for (let start = 0; start < tokens.length; start += 1) {
    const run = digitsAt(tokens, start).at(-1);
    if (!run) continue;
    runs.push({ ...run, start });
    start = run.end - 1;
  }
  return runs;
}

const CURRENCY = /^(dollars?|bucks|pounds?|euros?)$/;
const CENTS = /^(cents?|pence)$/;

/** Whether `token` makes a number an amount of money. */
export function isCurrency(token: string): boolean {
  return CURRENCY.test(token) || CENTS.test(token);
}

function amountsAt(tokens: readonly string[], at: number): Reading<number>[] {
  const first = numberAt(tokens, at);
  if (!first) return [];
  const unit = tokens[first.end] ?? '';
  if (CENTS.test(unit)) return [{ value: first.value / 100, end: first.end + 1 }];
  if (CURRENCY.test(unit)) {
    const centsStart = tokens[first.end + 1] === 'and' ? first.end + 2 : first.end + 1;
    const cents = numberAt(tokens, centsStart);
    const dollars = { value: first.value, end: first.end + 1 };
    if (!cents || cents.value >= 100 || !Number.isInteger(cents.value)) return [dollars];
    const named = CENTS.test(tokens[cents.end] ?? '');
    return [{ value: round(first.value + cents.value / 100), end: named ? cents.end + 1 : cents.end }, dollars];
  }
  // "twelve fifty"
  const second = numberAt(tokens, first.end);
  if (
    second &&
    Number.isInteger(first.value) &&
    second.value >= 10 &&
    second.value < 100 &&
    Number.isInteger(second.value)
  ) {
    return [{ value: round(first.value + second.value / 100), end: second.end }, first];
  }
  return [first];
}

type PhraseTable = readonly (readonly [words: readonly string[], value: SlotValue])[];

const YES_NO: PhraseTable = phraseTable([
  ...(
    'yes|yeah|yep|yup|sure|correct|right|okay|yes please|yes it is|yes that is right|yes that is correct|yes i do|that is correct|that is right|' +
    'of course|absolutely|exactly|go ahead|please do|do it|i do|certainly|sounds good|i am sure|yes i am sure|yes i am|yes i did|i did'
  )
    .split('|')
    .map((text) => [text, true] as const),
  ...(
    'no|nope|nah|no thank you|no thanks|no it is not|no that is not right|no that is wrong|not really|wrong|incorrect|' +
    'that is wrong|that is not right|that is not correct|that is incorrect|i do not|do not|do not do it|not now|never|no i do not|no i did not|i did not'
  )
    .split('|')
    .map((text) => [text, false] as const),
]);

const choiceTables = new WeakMap<SpeechSlot, PhraseTable>();

function choicesOf(slot: SpeechSlot & { kind: 'choice' }): PhraseTable {
  let table = choiceTables.get(slot);
  if (!table) {
    table = phraseTable(
      slot.values.flatMap(({ value, synonyms }) => [value, ...synonyms].map((text) => [text, value] as const)),
    );
    choiceTables.set(slot, table);
  }
  return table;
}

function phraseTable(entries: readonly (readonly [string, SlotValue])[]): PhraseTable {
  return entries
    .map(([text, value]) => [tokenize(text.replaceAll('_', ' ')), value] as const)
    .filter(([words]) => words.length > 0)
    .sort(([a], [b]) => b.length - a.length);
}

function phrasesAt(table: PhraseTable, tokens: readonly string[], at: number): Reading<SlotValue>[] {
  return table
    .filter(([words]) => words.every((word, index) => tokens[at + index] === word))
    .map(([words, value]) => ({ value, end: at + words.length }));
}

function asList<T>(reading: Reading<T> | undefined): Reading<T>[] {
  return reading ? [reading] : [];
}

/** To whole cents: 12.3 + 0.4 is 12.700000000000001. */
function round(amount: number): number {
  return Math.round(amount * 100) / 100;
}
