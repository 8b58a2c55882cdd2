import { describe, expect, it } from '@jest/globals';
import type { SpeechHints, SpeechSlot } from '../../../stt-stream.js';
import type { Automaton } from './automaton.js';
import { compileGrammar } from './grammar.js';

function hints(phrases: string[], slots: Record<string, SpeechSlot> = {}, answers: string[] = []): SpeechHints {
  return { id: 'test', language: 'en-US', phrases, slots, answers };
}

/** Log probability of the best way through `sentence`, -Infinity where there is none. */
function score(automaton: Automaton, sentence: string): number {
  let states = new Map([[automaton.startState, 0]]);
  for (const word of sentence.split(' ')) {
    const next = new Map<number, number>();
    for (const arc of automaton.arcs) {
      if (arc.word !== word || !states.has(arc.from)) continue;
      next.set(arc.to, Math.max(next.get(arc.to) ?? -Infinity, states.get(arc.from)! + arc.logWeight));
    }
    states = next;
  }
  return Math.max(
    -Infinity,
    ...automaton.exits
      .filter(({ from }) => states.has(from))
      .map(({ from, logWeight }) => states.get(from)! + logWeight),
  );
}

const accepts = (automaton: Automaton, sentence: string): boolean => score(automaton, sentence) > -Infinity;

const cardType: SpeechSlot = {
  kind: 'choice',
  values: [
    { value: 'credit', synonyms: ['visa'] },
    { value: 'debit', synonyms: [] },
  ],
};

describe('compileGrammar', () => {
  it('accepts phrases with slots and optional words, and nothing else', () => {
    const grammar = compileGrammar(hints(['[right away] block my {card} card', 'goodbye'], { card: cardType }));
    for (const sentence of ['block my visa card', 'right away block my debit card', 'goodbye']) {
      expect(accepts(grammar, sentence)).toBe(true);
    }
    for (const sentence of ['block my card', 'right block my visa card', 'block my visa', 'goodbye goodbye', 'visa']) {
      expect(accepts(grammar, sentence)).toBe(false);
    }
  });

  it('accepts what people say around a request', () => {
    const grammar = compileGrammar(hints(['block my card']));
    expect(accepts(grammar, 'could you please block my card thanks')).toBe(true);
    expect(accepts(grammar, 'um block my card')).toBe(true);
    expect(score(grammar, 'block my card')).toBeGreaterThan(score(grammar, 'um block my card'));
  });

  it('accepts an answer on its own only where it is expected, and prefers it there', () => {
    const slots = { card: cardType };
    expect(accepts(compileGrammar(hints(['goodbye'], slots)), 'visa')).toBe(false);
    const phrases = ['visa', 'goodbye', 'help', 'what is my balance', 'block my card', 'talk to an agent'];
    const asked = compileGrammar(hints(phrases, slots, ['card']));
    expect(score(asked, 'visa')).toBeGreaterThan(score(compileGrammar(hints(phrases, slots)), 'visa'));
    expect(score(asked, 'visa')).toBeGreaterThan(score(asked, 'help'));
  });

  it('counts digits, also doubled ones', () => {
    const grammar = compileGrammar(hints([], { pin: { kind: 'digits', minLength: 4, maxLength: 5 } }, ['pin']));
    for (const said of ['one two three four', 'oh zero double nine', 'triple one two', 'one two three four five']) {
      expect(accepts(grammar, said)).toBe(true);
    }
    for (const said of ['one two three', 'double double', 'triple one triple one', 'one two three four five six']) {
      expect(accepts(grammar, said)).toBe(false);
    }
  });

  it('stays small for long digit strings', () => {
    const grammar = compileGrammar(hints([], { card: { kind: 'digits', minLength: 1, maxLength: 19 } }, ['card']));
    expect(grammar.arcs.length).toBeLessThan(2500);
  });

  it.each<[SpeechSlot['kind'], string[], string[]]>([
    ['number', ['seven', 'forty two', 'a hundred and five', 'three thousand twenty'], ['forty twelve', 'hundred']],
    [
      'amount',
      ['fifty dollars', 'two hundred and ten dollars and five cents', 'ninety nine cents', 'twenty'],
      ['dollars'],
    ],
    [
      'date',
      ['march fourteenth', 'the third of may', 'next friday', 'tomorrow morning', 'july fourth nineteen eighty five'],
      ['march', 'of may'],
    ],
    ['yesno', ['yes', 'yeah', 'correct', "that's right", 'no', 'nope', "that's wrong", 'yes please'], ['maybe']],
    [
      'yesno',
      ['of course', 'of course not', 'certainly not', 'not okay', "i'm not sure", 'okay stop'],
      ['nothing okay'],
    ],
  ])('knows how a %s is said', (kind, said, notSaid) => {
    const grammar = compileGrammar(hints([], { slot: { kind } as SpeechSlot }, ['slot']));
    expect(said.filter((sentence) => !accepts(grammar, sentence))).toEqual([]);
    expect(notSaid.filter((sentence) => accepts(grammar, sentence))).toEqual([]);
  });

  it('makes the best of hints with slips in them', () => {
    const grammar = compileGrammar(
      hints(['call [me] back]', 'ask {nobody} now then', '…', '', '[open'], {}, ['missing']),
    );
    expect(accepts(grammar, 'call me back')).toBe(true);
    expect(accepts(grammar, 'ask now then')).toBe(true);
    expect(accepts(grammar, 'open')).toBe(true);
  });

  it('is empty when nothing may be said', () => {
    const grammar = compileGrammar(hints([]));
    expect(grammar.arcs).toEqual([]);
    expect(grammar.exits).toHaveLength(1);
  });

  it('gives every branch a share of a whole', () => {
    const { arcs, exits, stateCount, finalState } = compileGrammar(
      hints(['one two', 'one three'], { c: cardType }, ['c']),
    );
    for (const { from, to, logWeight } of arcs) {
      expect(logWeight).toBeLessThanOrEqual(0);
      expect(Math.max(from, to)).toBeLessThan(stateCount);
    }
    expect(exits.every(({ from }) => from < finalState)).toBe(true);
  });
});
