import { describe, expect, it } from '@jest/globals';
import { LegBench } from './testing/leg-bench.js';

const after = (fromMs: number) => (ms: number) => ms >= fromMs;

describe('a gate whose detector fails', () => {
  it('sends what it kept back, then everything, and says so once', async () => {
    const bench = await LegBench.open({ vad: { speaks: () => false } });
    await bench.hear(0, 1000);
    bench.vad.answers.push('throw');
    await bench.hear(1000, 2000);
    expect(bench.incidents).toEqual(['the speech detector failed, everything is sent from now on: the detector broke']);
    expect(bench.leg.stats).toMatchObject({ mode: 'off', failedOpen: true });
    await bench.end();
    // The pre-roll is all that a gate keeps.
    expect(bench.recogniser.marks).toEqual(everyMarkFrom(700, 2000));
    expect(bench.vad.openStreams).toBe(0);
  });

  it.each([[NaN], [-0.1], [1.5]])('does not believe a probability of %d', async (probability) => {
    const bench = await LegBench.open({ vad: { speaks: () => false } });
    bench.vad.answers.push(probability);
    await bench.hear(0, 100);
    expect(bench.leg.stats).toMatchObject({ failedOpen: true });
    await bench.end();
    expect(bench.recogniser.marks).toEqual(everyMarkFrom(0, 100));
  });

  it('sends everything when there is none', async () => {
    const bench = await LegBench.open({ refusesVad: true });
    await bench.hear(0, 1000);
    await bench.end();
    expect(bench.recogniser.marks).toEqual(everyMarkFrom(0, 1000));
    expect(bench.incidents).toHaveLength(1);
  });

  it('waits three seconds for one that does not answer any more', async () => {
    const bench = await LegBench.open({ vad: { speaks: after(500), delayMs: 5 } });
    await bench.hear(0, 1000);
    bench.vad.isDead = true;
    await bench.hear(1000, 4000);
    expect(bench.leg.stats.failedOpen).toBe(false);
    await bench.hear(4000, 5000);
    expect(bench.leg.stats.failedOpen).toBe(true);
    await bench.hear(5000, 6000);
    await bench.end();
    expect(bench.recogniser.marks).toEqual(everyMarkFrom(200, 6000));
    expect(bench.gaps).toEqual([]);
  });

  it('gives up one that answers, but stays behind', async () => {
    const bench = await LegBench.open({ vad: { speaks: after(500), delayMs: 1500 } });
    await bench.hear(0, 4000);
    expect(bench.leg.stats.failedOpen).toBe(false);
    await bench.hear(4000, 5000);
    expect(bench.leg.stats.failedOpen).toBe(true);
    await bench.end();
    expect(bench.recogniser.marks).toEqual(everyMarkFrom(200, 5000));
  });

  it('is patient with one that gets much at once', async () => {
    const bench = await LegBench.open({ vad: { speaks: after(500), delayMs: 900 } });
    bench.write(0, 1000);
    await bench.clock.advance(10_000);
    expect(bench.leg.stats.failedOpen).toBe(false);
    await bench.end();
  });

  it('does not blame a detector for audio that does not fill a window', async () => {
    const bench = await LegBench.open({ vad: { speaks: () => false, windowMs: 32 } });
    await bench.hear(0, 30, 10);
    await bench.clock.advance(60_000);
    await bench.hear(30, 100, 10);
    expect(bench.leg.stats.failedOpen).toBe(false);
    await bench.end();
  });

  it('is not held up by it at the end', async () => {
    const bench = await LegBench.open({ vad: { speaks: () => true, delayMs: 5 } });
    await bench.hear(0, 1000);
    bench.vad.isDead = true;
    await bench.hear(1000, 1500);
    await bench.end();
    expect(bench.recogniser.marks).toEqual(everyMarkFrom(0, 1500));
    expect(bench.segments.at(-1)).toMatchObject({ endMs: 1500 });
    expect(bench.clock.pending).toBe(0);
  });
});

function everyMarkFrom(fromMs: number, toMs: number): number[] {
  return Array.from({ length: (toMs - fromMs) * 8 }, (_, index) => fromMs + Math.floor(index / 8));
}
