import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LegTimeline, type PlacedAudio } from './leg-timeline.js';

const frame = (ms = 20): Int16Array => new Int16Array(ms * 8);

/** Frames of 20 ms at the times at which they come. */
function play(timeline: LegTimeline, arrivals: readonly number[]): PlacedAudio[] {
  return arrivals.flatMap((at) => timeline.place(frame(), at));
}

const everyFrame = (fromMs: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => fromMs + index * 20);

describe('LegTimeline', () => {
  it('begins where the first audio has come, and counts samples', () => {
    const placed = play(new LegTimeline(8000), everyFrame(520, 50));
    expect(placed.map(({ atMs }) => atMs)).toEqual(everyFrame(500, 50));
  });

  it('does not mind jitter and bursts', () => {
    const timeline = new LegTimeline(8000);
    const arrivals = [...everyFrame(20, 50), ...Array.from({ length: 20 }, () => 1390), ...everyFrame(1420, 50)];
    const placed = play(timeline, arrivals);
    expect(placed.map(({ atMs }) => atMs)).toEqual(everyFrame(0, 120));
  });

  it('goes on where the clock is when nothing was sent for a while', () => {
    const timeline = new LegTimeline(8000);
    play(timeline, everyFrame(20, 50));
    const later = play(timeline, everyFrame(11_020, 100));
    expect(later.map(({ atMs }) => atMs)).toEqual(everyFrame(11_000, 100));
  });

  it('puts audio that a network has held up where it was said', () => {
    const timeline = new LegTimeline(8000);
    play(timeline, everyFrame(20, 50));
    // Five seconds of it, and what is said meanwhile, at four times its speed.
    const held = Array.from({ length: 334 }, (_, index) => 6000 + index * 5);
    const placed = play(timeline, [...held, ...everyFrame(7700, 200)]);
    placed.push(...timeline.release());
    expect(placed[0]!.atMs).toBe(1000);
    expect(placed.map(({ atMs }) => atMs)).toEqual(everyFrame(1000, placed.length));
  });

  it('puts keepalives of a silent client where they came', () => {
    const timeline = new LegTimeline(8000);
    play(timeline, everyFrame(20, 50));
    const keepalives = play(timeline, [11_000, 21_000, 31_000]);
    const speech = play(timeline, everyFrame(36_020, 100));
    expect(keepalives.map(({ atMs }) => atMs)).toEqual([10_980, 20_980]);
    expect(speech.map(({ atMs }) => atMs)).toEqual([30_980, ...everyFrame(36_000, 100)]);
  });

  it('gives out what waits alone', () => {
    const timeline = new LegTimeline(8000);
    play(timeline, everyFrame(20, 50));
    expect(timeline.place(frame(200), 9000)).toEqual([]);
    expect(timeline.due(9400)).toEqual([]);
    expect(timeline.due(9600).map(({ atMs }) => atMs)).toEqual([8800]);
  });

  it('loses nothing, and never goes back', () => {
    const steps = fc.array(
      fc.record({ waitMs: fc.integer({ min: 0, max: 3000 }), ms: fc.integer({ min: 1, max: 400 }) }),
    );
    fc.assert(
      fc.property(steps, (given) => {
        const timeline = new LegTimeline(8000);
        let now = 0;
        const placed = given.flatMap(({ waitMs, ms }) => {
          now += waitMs;
          return [...timeline.due(now), ...timeline.place(frame(ms), now)];
        });
        placed.push(...timeline.release());
        expect(placed.map(({ pcm }) => pcm.length)).toEqual(given.map(({ ms }) => ms * 8));
        let endMs = 0;
        for (const { atMs, pcm } of placed) {
          expect(atMs).toBeGreaterThanOrEqual(endMs);
          endMs = atMs + pcm.length / 8;
        }
      }),
    );
  });
});
