import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { normaliseWords } from './normalise-words.js';

describe('normaliseWords', () => {
  it('spells as the dictionary does', () => {
    expect(normaliseWords('Don’t block my  café-card, please!')).toEqual([
      "don't",
      'block',
      'my',
      'cafe',
      'card',
      'please',
    ]);
    expect(normaliseWords('24 hour A&B')).toEqual(['two', 'four', 'hour', 'a', 'and', 'b']);
    expect(normaliseWords(" 'quoted' … ")).toEqual(['quoted']);
  });

  it('yields only words that the dictionary can hold, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        for (const word of normaliseWords(text)) expect(word).toMatch(/^[a-z]([a-z']*[a-z])?$/);
      }),
    );
  });
});
