import { describe, expect, it } from '@jest/globals';
import { joinPhrases, parsePhrase } from './azure-phrase.js';

const phrase = (best: object, more: object = {}): string =>
  JSON.stringify({ RecognitionStatus: 'Success', Offset: 5_000_000, Duration: 10_000_000, NBest: [best], ...more });

describe('a phrase of Azure Speech', () => {
  it('is taken in words, with its times in ms', () => {
    const Words = [{ Word: 'Four', Offset: 5_000_000, Duration: 4_000_000 }];
    expect(parsePhrase(phrase({ Confidence: 0.8, Lexical: 'four two', ITN: '42', MaskedITN: '42', Words }))).toEqual({
      text: 'four two',
      confidence: 0.8,
      startMs: 500,
      endMs: 1500,
      words: [{ text: 'four', startMs: 500, endMs: 900 }],
    });
  });

  it('is taken masked where swear words were masked', () => {
    const best = { Confidence: 1, Lexical: 'damn it', ITN: 'damn it', MaskedITN: '**** it', Words: [{ Word: 'damn' }] };
    expect(parsePhrase(phrase(best))).toMatchObject({ text: '**** it', words: [] });
  });

  it('is none without words', () => {
    expect(parsePhrase('{"RecognitionStatus":"NoMatch","Offset":0,"Duration":0}')).toBeUndefined();
    expect(parsePhrase(phrase({ Confidence: 0, Lexical: ' ' }))).toBeUndefined();
    expect(joinPhrases([])).toEqual({ text: '', confidence: 0, rejected: false });
  });

  it('counts in an utterance by its words', () => {
    const [short, long] = [
      parsePhrase(phrase({ Confidence: 0.2, Lexical: 'yes' }))!,
      parsePhrase(phrase({ Confidence: 0.6, Lexical: 'that is mine' }, { Offset: 20_000_000 }))!,
    ];
    const joined = joinPhrases([short, long]);
    expect(joined).toMatchObject({ text: 'yes that is mine', startMs: 500, endMs: 3000 });
    expect(joined.confidence).toBeCloseTo(0.5);
  });
});
