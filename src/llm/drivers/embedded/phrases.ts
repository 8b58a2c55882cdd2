import type { SpeechSlot } from '../../../speech/stt-stream.js';
import { readingsAt, type SlotValue } from './entities.js';
import { tokenize } from './tokens.js';

/** One part of a phrase in the notation of `SpeechHints.phrases`. */
type Part =
  | { readonly type: 'word'; readonly word: string }
  | { readonly type: 'slot'; readonly name: string }
  | { readonly type: 'optional'; readonly parts: readonly Part[] };

export interface Phrase {
  readonly text: string;
  readonly parts: readonly Part[];
  /** Names of the slots in it. */
  readonly slots: readonly string[];
}

/** Throws an Error that says what is wrong with the notation. */
export function parsePhrase(text: string): Phrase {
  if (!/^[a-z'{}[\] _0-9]+$/.test(text))
    throw new Error('only lower-case words, {slot} and [optional words] may be used');
  if (/\d/.test(text.replaceAll(/\{[^}]*\}/g, ''))) throw new Error('numbers are written in words');
  const pieces = text.match(/\{[^}]*\}?|[[\]]|[^\s{}[\]]+|\}/g) ?? [];
  const stack: Part[][] = [[]];
  const slots: string[] = [];
  for (const piece of pieces) {
    const parts = stack.at(-1)!;
    if (piece === '[') {
      stack.push([]);
    } else if (piece === ']') {
      if (stack.length < 2) throw new Error('a "]" has no "["');
      stack.pop();
      stack.at(-1)!.push({ type: 'optional', parts });
    } else if (piece.startsWith('{')) {
      const name = /^\{([a-z][a-z0-9_]*)\}$/.exec(piece)?.[1];
      if (!name) throw new Error(`"${piece}" is no {slot}`);
      parts.push({ type: 'slot', name });
      slots.push(name);
    } else if (piece === '}') {
      throw new Error('a "}" has no "{"');
    } else {
      parts.push(...tokenize(piece).map((word) => ({ type: 'word' as const, word })));
    }
  }
  if (stack.length > 1) throw new Error('a "[" has no "]"');
  if (!stack[0]!.some((part) => part.type !== 'optional')) throw new Error('something must not be optional');
  return { text, parts: stack[0]!, slots };
}

/** What the slots of `phrase` hold if it is exactly what was said. */
export function matchPhrase(
  phrase: Phrase,
  tokens: readonly string[],
  slots: Readonly<Record<string, SpeechSlot>>,
  today: Date,
): Record<string, SlotValue> | undefined {
  const [first] = phrase.parts;
  // Most phrases are out at their first word, a hundred of them for each sentence.
  if (first?.type === 'word' && first.word !== tokens[0]) return undefined;
  for (const match of matches(phrase.parts, 0, tokens, 0)) {
    if (match.end === tokens.length) return match.values;
  }
  return undefined;

  function* matches(
    parts: readonly Part[],
    index: number,
    tokens: readonly string[],
    at: number,
  ): Generator<{ end: number; values: Record<string, SlotValue> }> {
    const part = parts[index];
    if (!part) {
      yield { end: at, values: {} };
      return;
    }
    for (const step of stepsOver(part, tokens, at)) {
      for (const rest of matches(parts, index + 1, tokens, step.end)) {
        yield { end: rest.end, values: { ...step.values, ...rest.values } };
      }
    }
  }

  function* stepsOver(
    part: Part,
    tokens: readonly string[],
    at: number,
  ): Generator<{ end: number; values: Record<string, SlotValue> }> {
    switch (part.type) {
      case 'word':
        if (tokens[at] === part.word) yield { end: at + 1, values: {} };
        return;
      case 'slot': {
        const slot = slots[part.name];
        for (const reading of slot ? readingsAt(slot, tokens, at, today) : []) {
          yield { end: reading.end, values: { [part.name]: reading.value } };
        }
        return;
      }
      case 'optional':
        yield* matches(part.parts, 0, tokens, at);
        yield { end: at, values: {} };
    }
  }
}

/** Mark in a classifier's input for a value of this kind. */
export const placeholder = (kind: SpeechSlot['kind']): string => `#${kind}`;

const MOST_VARIANTS = 12;

/** The phrase as sentences to learn from: with and without what is optional, choices spelled out, values as marks. */
export function variantsOf(phrase: Phrase, slots: Readonly<Record<string, SpeechSlot>>): string[][] {
  return expand(phrase.parts).slice(0, MOST_VARIANTS);

  function expand(parts: readonly Part[]): string[][] {
    return parts.reduce<string[][]>((variants, part) => combine(variants, alternatives(part)), [[]]);
  }

  function alternatives(part: Part): string[][] {
    if (part.type === 'word') return [[part.word]];
    if (part.type === 'optional') return [...expand(part.parts), []];
    const slot = slots[part.name];
    if (slot?.kind === 'choice')
      return slot.values.map(({ value, synonyms }) => tokenize((synonyms[0] ?? value).replaceAll('_', ' ')));
    return [[placeholder(slot?.kind ?? 'digits')]];
  }

  function combine(heads: string[][], tails: string[][]): string[][] {
    return heads.flatMap((head) => tails.map((tail) => [...head, ...tail])).slice(0, MOST_VARIANTS);
  }
}
