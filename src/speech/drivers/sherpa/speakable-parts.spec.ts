import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { speakableParts } from './speakable-parts.js';

describe('what is synthesised at once', () => {
  it.each([
    [
      'de',
      'Guten Tag, Frau Ott. Ihr Saldo ist 12,50 €. Gut?',
      ['Guten Tag, Frau Ott.', 'Ihr Saldo ist 12,50 €.', 'Gut?'],
    ],
    [
      'de',
      'Ja, gut, das machen wir, und zwar sofort, wenn Sie wollen.',
      ['Ja, gut, das machen wir,', 'und zwar sofort, wenn Sie wollen.'],
    ],
    ['ja', 'はい。わかりました。', ['はい。', 'わかりました。']],
    ['fr', '… ! ?', []],
    ['en-US', 'You owe $2.', ['You owe two dollars.']],
  ])('in %s, of "%s"', (language, text, parts) => {
    expect(speakableParts(text, language)).toEqual(parts);
  });

  it('is bounded, and all of the text', () => {
    const letters = (text: string): string => text.replace(/[^\p{L}\p{N}]/gu, '');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 2000 }), (text) => {
        const parts = speakableParts(text, 'de');
        expect(letters(parts.join(''))).toBe(letters(text));
        for (const part of parts) expect(part.length).toBeLessThanOrEqual(300);
      }),
    );
  });
});
