import { beforeAll, describe, expect, it } from '@jest/globals';
import { Flite, compileFlite, type Phone } from '../../src/speech/drivers/embedded/tts/flite.js';
import { alignWords } from '../../src/speech/drivers/embedded/tts/word-alignment.js';

let flite: Flite;

beforeAll(async () => {
  flite = new Flite(await compileFlite());
});

/** One phone every 100 ms. */
const tone = (names: string): Phone[] => names.split(' ').map((name, i) => ({ name, endMs: (i + 1) * 100 }));
const sounds = (phones: readonly Phone[]): Phone[] => phones.filter(({ name }) => name !== 'pau');

describe('alignment of words with sound', () => {
  it('finds nearly every end of a word within a tenth of a second', () => {
    const sentences = [
      'your balance is one thousand two hundred forty five dollars and sixty cents',
      'thank you for calling northwind bank my name is anna',
      'i have blocked your card and a new one is on the way',
      'please tell me the last four digits of your card',
      'the weather was lovely over the mountains yesterday evening',
      'the knife was wrapped through the night by eight hours',
      'your A T M card and your P I N',
    ];
    const errors = sentences.flatMap((sentence) => {
      const words = sentence.split(' ');
      const { phones } = flite.speak({ text: sentence, voice: 'slt', rate: 1, pitch: 0 });
      const ends = alignWords(words, phones);
      // What the engine makes of each word alone says how many sounds it has.
      let count = 0;
      return words.map((text, i) => {
        count += sounds(flite.speak({ text, voice: 'kal', rate: 1, pitch: 0 }).phones).length;
        return Math.abs(ends[i]! - sounds(phones)[count - 1]!.endMs);
      });
    });
    expect(errors.filter((error) => error <= 100).length / errors.length).toBeGreaterThan(0.95);
    expect(Math.max(...errors)).toBeLessThan(250);
  });

  it('never puts a pause into a word', () => {
    expect(alignWords(['no', 'one'], tone('pau n ow pau w ah n pau'))).toEqual([300, 700]);
    expect(alignWords(['no', 'one'], tone('pau n ow w ah n pau'))).toEqual([300, 600]);
  });

  it('divides by letters where there are fewer sounds than words, or none', () => {
    expect(alignWords(['ab', 'cd', 'ef'], tone('pau a b'))).toEqual([
      expect.closeTo(166.7, 0),
      expect.closeTo(233.3, 0),
      300,
    ]);
    expect(alignWords(['ab', 'cd'], [])).toEqual([0, 0]);
    expect(alignWords([], tone('a b'))).toEqual([]);
  });

  it('copes with words far longer or shorter than their sound', () => {
    const ends = alignWords(['a'.repeat(40), 'x'], tone('pau b t'));
    expect(ends).toEqual([200, 300]);
    expect(alignWords(['b'], tone(Array.from({ length: 60 }, () => 't').join(' ')))).toEqual([6000]);
  });
});
