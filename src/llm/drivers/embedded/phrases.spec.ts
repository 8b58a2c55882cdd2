import { describe, expect, it } from '@jest/globals';
import type { SpeechSlot } from '../../../speech/stt-stream.js';
import { matchPhrase, parsePhrase, variantsOf } from './phrases.js';
import { tokenize } from './tokens.js';

const slots: Readonly<Record<string, SpeechSlot>> = {
  last4: { kind: 'digits', minLength: 4, maxLength: 4 },
  kind: {
    kind: 'choice',
    values: [
      { value: 'credit', synonyms: [] },
      { value: 'debit', synonyms: ['bank'] },
    ],
  },
};
const match = (phrase: string, text: string): unknown =>
  matchPhrase(parsePhrase(phrase), tokenize(text), slots, new Date(0));

describe('a phrase', () => {
  it.each([
    ['[please] block my card', 'block my card', {}],
    ['[please] block my card', 'Please block my card!', {}],
    ['block [[really] please] it', 'block really please it', {}],
    [
      'block my {kind} card ending in {last4}',
      'block my bank card ending in four two double four',
      { kind: 'debit', last4: '4244' },
    ],
    ["what's my balance", 'what is my balance', {}],
    ['{last4} [is it]', '4242', { last4: '4242' }],
  ])('"%s" matches "%s"', (phrase, text, values) => {
    expect(match(phrase, text)).toEqual(values);
  });

  it.each([
    ['block my card', 'block my card now'],
    ['block {last4}', 'block four two four'],
    ['block my [old] card', 'block my new card'],
  ])('"%s" does not match "%s"', (phrase, text) => {
    expect(match(phrase, text)).toBeUndefined();
  });

  it.each([
    ['[block', 'a "[" has no "]"'],
    ['block]', 'a "]" has no "["'],
    ['block {my card}', 'is no {slot}'],
    ['block {card', 'is no {slot}'],
    ['block card}', 'a "}" has no "{"'],
    ['[block]', 'something must not be optional'],
    ['Block', 'only lower-case words'],
    ['press 1', 'numbers are written in words'],
  ])('"%s" is refused', (phrase, message) => {
    expect(() => parsePhrase(phrase)).toThrow(message);
  });

  it('becomes sentences to learn from', () => {
    expect(variantsOf(parsePhrase('[please] block {kind} {last4}'), slots).map((tokens) => tokens.join(' '))).toEqual([
      'please block credit #digits',
      'please block bank #digits',
      'block credit #digits',
      'block bank #digits',
    ]);
  });
});
