import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { lettersToPhones } from './letter-to-sound.js';

const PHONES = new Set(
  'AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH'.split(' '),
);

describe('lettersToPhones', () => {
  it.each([
    ['northwind', 'N AO R TH W IH N D'],
    ['zeller', 'Z EH L ER'],
    ['blake', 'B L EY K'],
    ['qwx', 'K Y UW D AH B AH L Y UW EH K S'],
    ['yeti', 'Y EH T IY'],
  ])('pronounces %s', (word, phones) => {
    expect(lettersToPhones(word)).toBe(phones);
  });

  it('finds phones of the model for any word', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 20 }), (word) => {
        const phones = lettersToPhones(word).split(' ');
        for (const phone of phones) expect(PHONES).toContain(phone);
      }),
    );
  });
});
