import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AlignedAudio } from './aligned-audio.js';

const RATE = 8000;

function setUp(legs: 1 | 2) {
  const out: [atMs: number, pcm: Int16Array][] = [];
  const late: [leg: number, fromMs: number, toMs: number][] = [];
  const aligned = new AlignedAudio({
    sampleRate: RATE,
    legs,
    onAudio: (atMs, pcm) => out.push([atMs, pcm]),
    onLate: (...stretch) => late.push(stretch),
  });
  /** What has come out of a leg at a time. */
  const sample = (leg: number, ms: number): number | undefined => {
    const [atMs, pcm] = out.find(([at, audio]) => ms >= at && ms < at + audio.length / legs / 8) ?? [0, undefined];
    return pcm?.[Math.round((ms - atMs) * 8) * legs + leg];
  };
  return { aligned, out, late, sample };
}

const audio = (ms: number, value: number): Int16Array => new Int16Array(ms * 8).fill(value);

describe('AlignedAudio', () => {
  it('lays both legs side by side by their time', () => {
    const { aligned, out, sample } = setUp(2);
    aligned.write(0, 0, audio(400, 1));
    aligned.advance(400);
    expect(out).toEqual([]);
    aligned.write(1, 100, audio(300, 2));
    aligned.advance(400);
    expect(out.map(([atMs, pcm]) => [atMs, pcm.length])).toEqual([
      [0, 3200],
      [200, 3200],
    ]);
    expect([sample(0, 50), sample(1, 50), sample(1, 150), sample(0, 399)]).toEqual([1, 0, 2, 1]);
  });

  it('waits for a leg for two seconds, and tells what comes later', () => {
    const { aligned, out, late, sample } = setUp(2);
    aligned.write(0, 0, audio(200, 1));
    aligned.advance(2199);
    expect(out).toEqual([]);
    aligned.advance(2200);
    expect([sample(0, 100), sample(1, 100)]).toEqual([1, 0]);
    aligned.write(1, 100, audio(300, 2));
    aligned.flush();
    expect(late).toEqual([[1, 100, 200]]);
    expect(sample(1, 300)).toBe(2);
  });

  it('leaves out what neither leg has', () => {
    const { aligned, out } = setUp(1);
    aligned.write(0, 40, audio(100, 1));
    aligned.write(0, 10_000, audio(10, 1));
    aligned.flush();
    expect(out.map(([atMs, pcm]) => [atMs, pcm.length / 8])).toEqual([
      [40, 100],
      [10_000, 10],
    ]);
  });

  it('does not keep audio of a client that sends one leg faster than it was said', () => {
    const { aligned, out } = setUp(2);
    for (let second = 0; second < 60; second++) {
      aligned.write(0, second * 1000, audio(1000, 1));
      aligned.advance(0);
    }
    expect(out.length).toBe(55 * 5);
  });

  it('gives out every sample once, in order, whatever the pieces are', () => {
    const pieces = fc.array(
      fc.record({
        leg: fc.constantFrom(0, 1),
        ms: fc.integer({ min: 1, max: 700 }),
        skipMs: fc.integer({ min: 0, max: 500 }),
      }),
    );
    fc.assert(
      fc.property(pieces, (given) => {
        const { aligned, out, late } = setUp(2);
        const ends = [0, 0];
        let written = 0;
        for (const { leg, ms, skipMs } of given) {
          const at = ends[leg]! + skipMs;
          aligned.write(leg, at, audio(ms, 1));
          ends[leg] = at + ms;
          written += ms;
          aligned.advance(Math.max(...ends));
        }
        aligned.flush();
        const given1 = out.reduce((sum, [, pcm]) => sum + pcm.reduce((ones, value) => ones + value, 0), 0) / 8;
        const lost = late.reduce((sum, [, fromMs, toMs]) => sum + toMs - fromMs, 0);
        expect(given1 + lost).toBeCloseTo(written);
        const starts = out.map(([atMs]) => atMs);
        expect(starts).toEqual(starts.toSorted((a, b) => a - b));
      }),
    );
  });
});
