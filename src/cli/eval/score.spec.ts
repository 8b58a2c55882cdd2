import { describe, expect, it } from '@jest/globals';
import { scoreOf, type Trial } from './score.js';

function trial(said: string | undefined, text: string): Trial {
  return { said, result: { text, confidence: text === '' ? 0 : 1, rejected: text === '' } };
}

describe('scoreOf', () => {
  it('counts sentences, words and what was refused', () => {
    const score = scoreOf([
      trial('block my card', 'block my card'),
      trial('block my card', 'block a card'),
      trial('help', ''),
    ]);
    expect(score).toMatchObject({ utterances: 3, sentenceAccuracy: 1 / 3, falseRejects: 1 / 3 });
    expect(score.wordAccuracy).toBeCloseTo(5 / 7);
    expect(score.digitAccuracy).toBeUndefined();
    expect(score.falseAccepts).toBeUndefined();
  });

  it('counts digits in their places, "oh" as zero', () => {
    const score = scoreOf([
      trial('one two oh four', 'one two zero five'),
      trial('nine nine nine nine', 'nine nine nine'),
    ]);
    expect(score.digitAccuracy).toBeCloseTo(6 / 8);
  });

  it('takes one yes for another, but not for a no', () => {
    expect(scoreOf([trial('yes', 'yeah'), trial('no', 'nope'), trial('no', 'yes')]).sentenceAccuracy).toBeCloseTo(
      2 / 3,
    );
  });

  it('does not mind how a word is spelled that sounds the same', () => {
    expect(scoreOf([trial('i do not recognise a charge', 'i do not recognize a charge')]).wordAccuracy).toBe(1);
  });

  it('counts what was accepted though it should not', () => {
    expect(scoreOf([trial(undefined, ''), trial(undefined, 'help')])).toEqual({ utterances: 2, falseAccepts: 0.5 });
  });
});
