import { describe, expect, it } from '@jest/globals';
import type { SpeechSlot } from '../../../speech/stt-stream.js';
import { digitRuns, findSlot } from './entities.js';
import { tokenize } from './tokens.js';

/** A Wednesday. */
const today = new Date(Date.UTC(2026, 2, 18));
const find = (slot: SpeechSlot, text: string): unknown => findSlot(slot, tokenize(text), today)?.value;

describe('digits', () => {
  const four: SpeechSlot = { kind: 'digits', minLength: 4, maxLength: 4 };

  it.each([
    ['four two four two', '4242'],
    ['four two double four', '4244'],
    ['triple four one', '4441'],
    ['oh one two three', '0123'],
    ['zero oh one two', '0012'],
    ['forty two forty two', '4242'],
    ['twelve thirty four', '1234'],
    ['forty two hundred', '4200'],
    ['four thousand two hundred and forty two', '4242'],
    ['4242', '4242'],
    ['4-2-4-2', '4242'],
    ['42 42', '4242'],
    ['4 2 4 2 #', '4242'],
    ['it ends in four two four two please', '4242'],
  ])('%s is %s', (text, value) => {
    expect(find(four, text)).toBe(value);
  });

  it.each(['four two four', 'four two four two one', 'no digits here', ''])('does not find four in "%s"', (text) => {
    expect(find(four, text)).toBeUndefined();
  });

  it('keeps runs apart that words divide', () => {
    expect(digitRuns(tokenize('card four two four two pin 1234')).map(({ value }) => value)).toEqual(['4242', '1234']);
  });
});

describe('numbers and amounts', () => {
  it.each([
    ['one hundred and twenty three', 123],
    ['a hundred', 100],
    ['two thousand and six', 2006],
    ['twelve point five', 12.5],
    ['1,245', 1245],
  ])('%s is the number %s', (text, value) => {
    expect(find({ kind: 'number' }, text)).toBe(value);
  });

  it.each([
    ['twelve dollars and fifty cents', 12.5],
    ['twelve dollars fifty', 12.5],
    ['twelve fifty', 12.5],
    ['$1,245.60', 1245.6],
    ['fifty cents', 0.5],
    ['about three hundred eighty nine dollars and ninety nine cents', 389.99],
    ['twenty pounds', 20],
    ['seven', 7],
  ])('%s is the amount %s', (text, value) => {
    expect(find({ kind: 'amount' }, text)).toBe(value);
  });
});

describe('dates', () => {
  it.each([
    ['today', '2026-03-18'],
    ['yesterday evening', '2026-03-17'],
    ['tomorrow', '2026-03-19'],
    ['the day before yesterday', '2026-03-16'],
    ['three days ago', '2026-03-15'],
    ['two weeks ago', '2026-03-04'],
    ['on monday', '2026-03-23'],
    ['last monday', '2026-03-16'],
    ['last wednesday', '2026-03-11'],
    ['next wednesday', '2026-03-25'],
    ['march fourteenth', '2026-03-14'],
    ['the twenty first of december', '2025-12-21'],
    ['december the thirty first', '2025-12-31'],
    ['the fourteenth', '2026-03-14'],
    ['march 14th 2024', '2024-03-14'],
    ['june third nineteen eighty four', '1984-06-03'],
    ['3/14/2024', '2024-03-14'],
    ['2024-02-29', '2024-02-29'],
  ])('%s is %s', (text, value) => {
    expect(find({ kind: 'date' }, text)).toBe(value);
  });

  it.each(['february thirtieth', '13/40/2024', '2023-02-29', 'may i ask something', 'ten million days ago today is'])(
    'makes no impossible date of "%s"',
    (text) => {
      const value = find({ kind: 'date' }, text);
      expect(value === undefined || value === '2026-03-18').toBe(true);
    },
  );
});

describe('yes, no and choices', () => {
  it.each([
    ['yes please', true],
    ["that's right", true],
    ['of course', true],
    ['no thank you', false],
    ["that's not correct", false],
    ["i don't", false],
  ])('%s is %s', (text, value) => {
    expect(find({ kind: 'yesno' }, text)).toBe(value);
  });

  it('takes synonyms, the longest first', () => {
    const slot: SpeechSlot = {
      kind: 'choice',
      values: [
        { value: 'checking', synonyms: ['account'] },
        { value: 'savings', synonyms: ['savings account', 'nest egg'] },
      ],
    };
    expect(find(slot, 'my savings account')).toBe('savings');
    expect(find(slot, 'the nest egg')).toBe('savings');
    expect(find(slot, 'checking')).toBe('checking');
  });
});
