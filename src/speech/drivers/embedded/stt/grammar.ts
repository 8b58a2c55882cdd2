import type { SpeechHints } from '../../../stt-stream.js';
import {
  type Automaton,
  compileAutomaton,
  type Expression,
  nothing,
  oneOf,
  optional,
  sequence,
  weighted,
  words,
} from './automaton.js';
import { normaliseWords } from './normalise-words.js';
import { slotExpression } from './slot-expressions.js';

/** Everything the hints allow, with what people say around it. Nothing at all when they allow nothing. */
export function compileGrammar(hints: SpeechHints): Automaton {
  const slots = new Map(Object.entries(hints.slots).map(([name, slot]) => [name, slotExpression(slot)]));
  const phrases = hints.phrases.map((phrase) => parsePhrase(phrase, slots)).filter((each) => each !== undefined);
  const answers = hints.answers.map((name) => slots.get(name)).filter((each) => each !== undefined);
  const allowed: (readonly [number, Expression])[] = [];
  if (phrases.length > 0) {
    allowed.push([1, sequence(optional(opening, 0.3), oneOf(...phrases), optional(closing, 0.2))]);
  }
  // The agent has just asked: an answer is likelier than a new request.
  if (answers.length > 0) {
    allowed.push([2, sequence(optional(answerOpening, 0.1), oneOf(...answers), optional(closing, 0.1))]);
  }
  return compileAutomaton(allowed.length > 0 ? weighted(...allowed) : nothing);
}

const opening = weighted(
  [3, oneOf('um', 'uh', 'okay', 'yes', 'yeah', 'hi', 'hello', 'well', 'please', 'so')],
  [
    4,
    oneOf(
      'i would like to',
      "i'd like to",
      'i want to',
      'i need to',
      'can i',
      'can you',
      'could you',
      'can you please',
      'could you please',
      'i want',
      'i need',
    ),
  ],
);
const closing = oneOf('please', 'thanks', 'thank you', 'now');
const answerOpening = oneOf('um', 'uh', 'okay', 'yes', "it's", 'it is', "that's", 'sure');

/**
 * "[please] block my {card_type} card" as an expression; undefined when nothing of it can be said. A slot without a
 * definition is left out, as are brackets that do not match: a phrase with a slip in it still works without it.
 */
function parsePhrase(phrase: string, slots: ReadonlyMap<string, Expression>): Expression | undefined {
  const open: Expression[][] = [[]];
  for (const [token] of phrase.matchAll(/\{[^}]*\}|[[\]]|[^[\]{}]+/g)) {
    if (token === '[') {
      open.push([]);
    } else if (token === ']') {
      if (open.length === 1) continue;
      const inner = open.pop()!;
      open.at(-1)!.push(optional(sequence(...inner)));
    } else if (token.startsWith('{')) {
      const slot = slots.get(token.slice(1, -1).trim());
      if (slot) open.at(-1)!.push(slot);
    } else {
      const normalised = normaliseWords(token);
      if (normalised.length > 0) open.at(-1)!.push(words(normalised.join(' ')));
    }
  }
  const parts = open.flat();
  return parts.length > 0 ? sequence(...parts) : undefined;
}
