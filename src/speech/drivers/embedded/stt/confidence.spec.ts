import { describe, expect, it } from '@jest/globals';
import { judge, unjudged } from './confidence.js';
import type { HeardWord } from './telephone-decoder.js';

interface Sound {
  /** Acoustic score for each frame. */
  readonly fit?: number;
  readonly language?: number;
}

/** Words of 300 ms, one after the other. */
function path(...sounds: readonly (readonly [word: string, sound?: Sound])[]): HeardWord[] {
  return sounds.map(([word, { fit = word.startsWith('<') ? -15 : -45, language = -50 } = {}], index) => ({
    word,
    startFrame: index * 30,
    endFrame: index * 30 + 29,
    acousticScore: fit * 30,
    languageScore: language,
  }));
}

const confidence = (heard: readonly HeardWord[]): number => judge(heard, true, 0.5).confidence;
const usual = path(['<sil>'], ['block'], ['my'], ['card'], ['<sil>']);

describe('judge', () => {
  it('believes what fits, and says when it was said', () => {
    expect(judge(usual, true, 0.5)).toEqual({
      text: 'block my card',
      confidence: expect.closeTo(1, 1),
      rejected: false,
      startMs: 300,
      endMs: 1200,
    });
  });

  it('does not believe that somebody spoke long before anything was loud', () => {
    expect(judge(usual, true, 0.5, 400)).toMatchObject({ startMs: 300, endMs: 1200 });
    expect(judge(usual, true, 0.5, 560)).toMatchObject({ startMs: 410, endMs: 1200 });
  });

  it('rejects a path with one word that does not fit at all', () => {
    const heard = path(['<sil>'], ['block'], ['my', { fit: -130 }], ['card'], ['<sil>']);
    expect(judge(heard, true, 0.5)).toMatchObject({ text: '', rejected: true });
  });

  it('wants a string that is one of very many to sound better', () => {
    const digits = (fit: number): HeardWord[] =>
      path(...['four', 'two', 'four', 'two'].map((word) => [word, { fit, language: -250 }] as const));
    expect(confidence(digits(-45))).toBeLessThan(confidence(usual));
    expect(confidence(digits(-55))).toBeLessThan(0.5);
    expect(confidence(path(['block', { fit: -55 }], ['my', { fit: -55 }], ['card', { fit: -55 }]))).toBeGreaterThan(
      0.5,
    );
  });

  it('counts it against a result that there is speech where it hears silence', () => {
    const heard = path(['<sil>', { fit: -200 }], ['block'], ['my'], ['card'], ['<sil>']);
    expect(confidence(heard)).toBeLessThan(confidence(usual) / 2);
  });

  it('rejects speech in which it found no word, not silence', () => {
    expect(judge(path(['<sil>']), true, 0.5)).toMatchObject({ text: '', rejected: true });
    expect(judge(path(['<sil>']), false, 0.5)).toMatchObject({ text: '', rejected: false });
  });
});

it('believes everything just enough when there are no scores', () => {
  expect(unjudged(path(['block'], ['um'], ['cards']), true, 0.7)).toEqual({
    text: 'block cards',
    confidence: 0.7,
    rejected: false,
  });
  expect(unjudged([], true, 0.7)).toEqual({ text: '', confidence: 0, rejected: true });
});
