import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { redaction } from './redaction.js';

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

  it.each(['1 ', 'a dot ', 'a', 'one  ', 'a.b', '1-(', 'a at b '])(
    'is found out soon for a long row of %j',
    (piece) => {
      const text = `${piece.repeat(20_000)}!`;
      expect(redact(text).at(-1)).toBe('!');
    },
  );
});

function withCheckDigit(digits: number[]): number[] {
  const sum = digits.toReversed().reduce((total, digit, place) => {
    const doubled = place % 2 === 0 ? digit * 2 : digit;
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return [...digits, (10 - (sum % 10)) % 10];
}
