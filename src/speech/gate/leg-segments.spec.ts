import { describe, expect, it } from '@jest/globals';
import type { SttResult } from '../stt-stream.js';
import { segmentsOf } from './leg-segments.js';
import type { HeardUtterance } from './utterance-feed.js';

/** An utterance that begins at 1 s of the leg, with speech in the middle. */
const heard = (result: Partial<SttResult>): HeardUtterance => ({
  result: { text: 'one two three', confidence: 0.8, rejected: false, ...result },
  epoch: 3,
  speech: { startMs: 1300, endMs: 1900 },
  startOf: (ms) => 1000 + ms,
  endOf: (ms) => 1000 + ms,
});
const word = (text: string, startMs: number, speaker?: number) => ({
  text,
  startMs,
  endMs: startMs + 100,
  ...(speaker !== undefined && { speaker }),
});

describe('segments of an utterance', () => {
  it('stand where the gate heard speech when the recogniser knows no times', () => {
    expect(segmentsOf(heard({ provider: 'embedded' }))).toEqual([
      { text: 'one two three', confidence: 0.8, provider: 'embedded', epoch: 3, startMs: 1300, endMs: 1900 },
    ]);
  });

  it('stand where the recogniser heard them when it does, or where the first and the last word do', () => {
    expect(segmentsOf(heard({ startMs: 250, endMs: 700 }))).toMatchObject([{ startMs: 1250, endMs: 1700 }]);
    const words = [word('one', 200), word('two', 400)];
    expect(segmentsOf(heard({ words }))).toMatchObject([
      { startMs: 1200, endMs: 1500, words: [{ startMs: 1200 }, {}] },
    ]);
    expect(segmentsOf(heard({ startMs: 950 }))).toMatchObject([{ startMs: 1950, endMs: 1950 }]);
  });

  it('are one for each voice that takes its turn, as far as voices are told apart', () => {
    const words = [
      word('one', 0, 0),
      word('two', 200, 0),
      word('er', 300),
      word('three', 500, 1),
      word('four', 700, 0),
    ];
    expect(
      segmentsOf(heard({ words })).map(({ text, speaker, startMs, endMs }) => [text, speaker, startMs, endMs]),
    ).toEqual([
      ['one two er', 0, 1000, 1400],
      ['three', 1, 1500, 1600],
      ['four', 0, 1700, 1800],
    ]);
    const [whole] = segmentsOf(heard({ words: words.slice(0, 2) }));
    expect(whole).toMatchObject({ text: 'one two three', speaker: 0 });
  });
});
