import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { redactTogether, redaction } from './redaction.js';

const redact = redaction(['card', 'email', 'phone']);

describe('what is kept of a text', () => {
  it.each([
    ['my card is 4111 1111 1111 1111 thank you', 'my card is [card] thank you'],
    ['4111-1111-1111-1111, 12/27', '[card]'],
    ['it is 378282246310005.', 'it is [card].'],
    ['four one one one one one one one one one one one one one one one please', '[card] please'],
    ['four, triple one, double one double one, one one one one, one one one one', '[card]'],
    ['call me at +44 20 7946 0958', 'call me at [phone]'],
    ['(555) 010-0199 is mine', '[phone] is mine'],
    ['my number is 555-0199', 'my number is [phone]'],
    ['oh seven seven double zero nine oh oh one two three', '[phone]'],
    ['write to alice.smith+bank@mail.example.co.uk, please', 'write to [email], please'],
    ['alice dot smith at example dot com', '[email]'],
    ['Ärger@müller.example', '[email]'],
    ['4111 1111 and 1111 1111', '[card]'],
    ['it is 4111 1111 uh 1111 1111, okay?', 'it is [card], okay?'],
    ['4111, then 1111, 1111, 1111', '[card]'],
    ['4111 1111. Okay. 1111 1111', '[card]'],
    ['4111  ...  1111  ...  1111 … um, and then; 1111', '[card]'],
    ['4111 1111 and 1111 1111, 12/27', '[card]'],
    ['4111 1111 1111 1111 and 5500 0000 0000 0004', '[card] and [card]'],
    ['４１１１ １１１１ １１１１ １１１１', '[card]'],
    ['٤١١١ ١١١١ ١١١١ ١١١١', '[card]'],
    ['forty one eleven eleven eleven eleven eleven eleven eleven', '[card]'],
    ['Forty-one eleven, double one, double one and 1111, eleven eleven.', '[card].'],
    ['joe.smith at gmail.com', '[email]'],
    ['joe at gmail.com please', '[email] please'],
    ['joe dot smith at mail.example.com', '[email]'],
    ['joe.smith at example dot com', '[email]'],
  ])('%s', (text, kept) => {
    expect(redact(text)).toBe(kept);
  });

  it.each([
    'my card ends in four two four two',
    'the PIN is 1234',
    'your balance is 1,234.56 dollars',
    'on 2026-11-21 at 10:15',
    'on 21.11.2026, from nine to five',
    'account 12345678',
    'one or two of them, and oh, well',
    'look at it',
    'find us at parley.example',
    'orders 471100 and 471200, then 4713',
    'twenty, thirty, forty, fifty and sixty and seventy and eighty',
    'in 2019 and 2020 and 2021 and 2022',
    'from 4 to 5, or at 10:15 and 11:45 and 12:30 and 14:15',
    '$4,111.11 and $1,111.11 and 1111 dollars',
    '4111 1111 for one, and the other is 1111 1111',
    'forty one, and eleven of them',
    '4111.11 and 1111.11, then 1111 euros',
    'meet me at web.example',
    '',
  ])('is all of it: %s', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('is what was asked for', () => {
    const text = 'alice@example.com, 4111 1111 1111 1111, +44 20 7946 0958';
    expect(redaction(['card'])(text)).toBe('alice@example.com, [card], +44 20 7946 0958');
    expect(redaction([])(text)).toBe(text);
  });

  it('never holds a card, however it is written', () => {
    const separator = fc.constantFrom('', ' ', '-', '. ', ' - ', ', ');
    const card = fc.array(fc.nat(9), { minLength: 12, maxLength: 18 }).map(withCheckDigit);
    fc.assert(
      fc.property(card, fc.array(separator, { minLength: 19, maxLength: 19 }), fc.boolean(), (digits, gaps, spoken) => {
        const names = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
        const text = digits.map((digit, i) => (spoken ? `${names[digit]} ` : `${digit}${gaps[i]}`)).join('');
        expect(redact(`card: ${text.trim()} ok`)).not.toMatch(/\d|zero|one|two|three|four|five|six|seven|eight|nine/);
      }),
    );
  });

  const GAPS = ['', ' ', '-', ' and ', ', then ', ' uh ', '. Okay. ', '  ...  ', ' dash ', ' – um, '];
  const gaps = fc.array(fc.constantFrom(...GAPS), { minLength: 15, maxLength: 15 });
  const visa = fc.array(fc.nat(9), { minLength: 14, maxLength: 14 }).map((digits) => withCheckDigit([4, ...digits]));

  it('never holds a card that is said in groups with something between them', () => {
    fc.assert(
      fc.property(visa, gaps, (digits, between) => {
        const text = digits.map((digit, i) => `${digit}${i === 15 ? '' : between[i]}`).join('');
        expect(redact(`it is ${text} thanks`)).toBe('it is [card] thanks');
      }),
    );
  });

  it('never holds a card that is said in several texts, and all the rest of them', () => {
    fc.assert(
      fc.property(visa, fc.uniqueArray(fc.integer({ min: 1, max: 15 }), { maxLength: 4 }), (digits, cuts) => {
        const ends = [...cuts.toSorted((a, b) => a - b), 16];
        const parts = ends.map((end, i) => digits.slice(ends[i - 1] ?? 0, end).join(''));
        const texts = parts.map((part) => `well, ${part} please`);
        expect(redactTogether(redact, texts)).toEqual(texts.map(() => 'well, [card] please'));
      }),
    );
  });

  it('is all of it where there are amounts and dates', () => {
    const amount = fc.integer({ min: 100, max: 999_999 }).map((cents) => (cents / 100).toFixed(2));
    fc.assert(
      fc.property(fc.array(amount, { maxLength: 8 }), fc.integer({ min: 1, max: 28 }), (amounts, day) => {
        const text = [...amounts, `${day}.11.2026`].join(' and ');
        expect(redact(text)).toBe(text);
      }),
    );
  });

  it('is all of it where numbers are too short for a card', () => {
    const number = fc.integer({ min: 0, max: 999 });
    fc.assert(
      fc.property(fc.array(number, { maxLength: 4 }), fc.constantFrom(' and ', ', then ', ' okay '), (all, gap) => {
        expect(redact(all.join(gap))).toBe(all.join(gap));
      }),
    );
  });

  it('is what each text has on its own, but for cards', () => {
    const texts = ['I am at 20 7946', '0958 okay', 'joe at', 'gmail.com', 'a\u001Eb'];
    expect(redactTogether(redact, texts)).toEqual([...texts.slice(0, 4), 'a b']);
  });

  it.each([
    '1 ',
    'a dot ',
    'a',
    'one  ',
    'a.b',
    '1-(',
    'a at b ',
    'a.b at c.',
    '4 and ',
    'forty one ',
    'double ',
    '4111 ... ',
    'and ',
    ' \u001E4',
  ])('is found out soon for a long row of %j', (piece) => {
    const text = `${piece.repeat(Math.ceil(100_000 / piece.length))}!`;
    expect(redact(text).at(-1)).toBe('!');
  });
});

function withCheckDigit(digits: number[]): number[] {
  const sum = digits.toReversed().reduce((total, digit, place) => {
    const doubled = place % 2 === 0 ? digit * 2 : digit;
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return [...digits, (10 - (sum % 10)) % 10];
}
