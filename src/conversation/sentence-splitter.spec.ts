import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SentenceSplitter } from './sentence-splitter.js';

function split(text: string, pieces: readonly string[] = Array.from(text)): string[] {
  const splitter = new SentenceSplitter('en-US', 1000);
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()].map((sentence) => sentence.trim());
}

describe('SentenceSplitter', () => {
  it.each([
    ['Your balance is $1,234.56. Anything else?', ['Your balance is $1,234.56.', 'Anything else?']],
    ['The rate is 3.5 percent. It is fixed.', ['The rate is 3.5 percent.', 'It is fixed.']],
    ['Dr. Smith will call. Please wait!', ['Dr. Smith will call.', 'Please wait!']],
    ['Bring a card, e.g. Visa. Then sign.', ['Bring a card, e.g. Visa.', 'Then sign.']],
    ['The U.S. Treasury said so. Really.', ['The U.S. Treasury said so.', 'Really.']],
    ['Write to help@parley.example.com today. Thanks.', ['Write to help@parley.example.com today.', 'Thanks.']],
    ['See https://example.com/a?b=1 for more. Bye.', ['See https://example.com/a?b=1 for more.', 'Bye.']],
    ['Call 1 800 555 0199 now. It is free.', ['Call 1 800 555 0199 now.', 'It is free.']],
    ['Three things:\n1. Pay.\n2. Sign.', ['Three things:', '1. Pay.', '2. Sign.']],
    ['Really? Yes! Good.', ['Really?', 'Yes!', 'Good.']],
    ['We close at 5 p.m. on Friday. Come early.', ['We close at 5 p.m. on Friday.', 'Come early.']],
    ['No end', ['No end']],
    ['', []],
  ])('splits %j', (text, sentences) => {
    expect(split(text)).toEqual(sentences);
  });

  it('gives the same sentences whatever pieces the text comes in', () => {
    const text = 'Your balance is $1,234.56. Dr. Smith, e.g., will call at 5 p.m. on Friday! Is that okay? Yes.';
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 40 }), (sizes) => {
        const pieces: string[] = [];
        let at = 0;
        for (let index = 0; at < text.length; index++) {
          const size = sizes[index % sizes.length]!;
          pieces.push(text.slice(at, at + size));
          at += size;
        }
        expect(split(text, pieces)).toEqual(split(text));
      }),
    );
  });

  it('loses no character of any text', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.nat({ max: 60 }), (pieces, minChars) => {
        const splitter = new SentenceSplitter('en-US', minChars);
        const sentences = [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
        const text = pieces.join('');
        expect(sentences.join('').trimEnd()).toBe(text.trimEnd());
      }),
    );
  });

  it('lets the first piece go at a clause mark when it is long enough, but never inside a number', () => {
    const splitter = new SentenceSplitter('en-US', 25);
    expect(splitter.push('I have found your account, and')).toEqual(['I have found your account, ']);
    expect(splitter.push(' the balance is 12, maybe')).toEqual([]);
    const other = new SentenceSplitter('en-US', 10);
    expect(other.push('You have 1,250,000 points, so')).toEqual(['You have 1,250,000 points, ']);
  });

  it('gives up waiting for a clause mark when asked to, at the end of a word', () => {
    const splitter = new SentenceSplitter('en-US', 25);
    splitter.push('Let me have a look at wha');
    expect(splitter.firstPending).toBe(true);
    expect(splitter.flushFirst()).toEqual(['Let me have a look at ']);
    expect(splitter.firstPending).toBe(false);
    expect(splitter.flushFirst()).toEqual([]);
    expect(splitter.end()).toEqual(['wha']);
  });

  it('cuts a text that has no end', () => {
    const sentences = split('word '.repeat(200));
    expect(Math.max(...sentences.map((sentence) => sentence.length))).toBeLessThanOrEqual(300);
    expect(sentences.length).toBeGreaterThan(2);
  });
});
