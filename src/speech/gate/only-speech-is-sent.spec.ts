import { describe, expect, it } from '@jest/globals';
import { LegBench } from './testing/leg-bench.js';

/** Somebody speaks from the first of each pair to the second, ms. */
const between =
  (...stretches: readonly [number, number][]) =>
  (ms: number): boolean =>
    stretches.some(([from, to]) => ms >= from && ms < to);

describe('a gate that is active', () => {
  it('sends speech with exactly what came before it, and the silence that ends it', async () => {
    const bench = await LegBench.open({ vad: { speaks: between([2000, 3000]) } });
    await bench.hear(0, 5000);
    const marks = bench.recogniser.marks;
    expect([marks[0], marks.at(-1)]).toEqual([1700, 3499]);
    expect(marks).toHaveLength(1800 * 8);
    expect(bench.segments).toHaveLength(1);
    expect(bench.segments[0]).toMatchObject({ startMs: 1700, endMs: 3500, confidence: 0.9, provider: 'marked' });
    expect(bench.speech).toEqual([
      [true, 2000],
      [false, 3000],
    ]);
    expect(bench.leg.stats).toMatchObject({ audioMs: 5000, sentMs: 1800, speechMs: 1000, utterances: 1 });
    await bench.end();
  });

  it('ends an utterance once for each silence, and sends nothing twice', async () => {
    const bench = await LegBench.open({ vad: { speaks: between([1000, 1500], [1900, 2400], [3000, 3500]) } });
    await bench.hear(0, 6000);
    const [first, second] = bench.recogniser.utterances.map((samples) => [samples[0]! - 1, samples.at(-1)! - 1]);
    expect(bench.recogniser.utterances).toHaveLength(2);
    // Silence of 400 ms is a pause; the second one begins where the first has ended, not 300 ms before.
    expect([first, second]).toEqual([
      [700, 2899],
      [2900, 3999],
    ]);
    expect(bench.leg.stats).toMatchObject({ utterances: 2, understood: 2 });
    await bench.end();
  });

  it('knows no silence that costs anything', async () => {
    const bench = await LegBench.open();
    await bench.hear(0, 10_000);
    expect(bench.recogniser.utterances).toEqual([]);
    expect(bench.leg.stats).toMatchObject({ audioMs: 10_000, sentMs: 0, speechMs: 0, utterances: 0 });
    await bench.end();
  });

  it('cuts an utterance that does not end, and loses nothing there', async () => {
    const bench = await LegBench.open({ vad: { speaks: between([1000, 31_500]) } });
    await bench.hear(0, 32_000);
    await bench.end();
    const [first, second] = bench.recogniser.utterances.map((samples) => [samples[0]! - 1, samples.at(-1)! - 1]);
    expect([first, second]).toEqual([
      [700, 30_699],
      [30_700, 31_999],
    ]);
    expect(bench.speech).toEqual([
      [true, 1000],
      [false, 31_500],
    ]);
  });

  it('hears speech at any rate the same', async () => {
    for (const sampleRate of [8000, 16_000, 24_000, 48_000]) {
      const bench = await LegBench.open({ sampleRate, vad: { speaks: between([2000, 3000]), windowMs: 32 } });
      await bench.hear(0, 5000, 10);
      const [segment] = bench.segments;
      // A window of 32 ms, and as much as a filter smears.
      expect(Math.abs(segment!.startMs - 1700)).toBeLessThan(36);
      expect(Math.abs(segment!.endMs - 3500)).toBeLessThan(36);
      await bench.end();
    }
  });

  it('counts what comes to nothing', async () => {
    const bench = await LegBench.open({ vad: { speaks: between([1000, 1500], [3000, 3500], [5000, 5500]) } });
    bench.recogniser.fates.push({ text: '' }, { rejected: true }, {});
    await bench.hear(0, 7000);
    expect(bench.leg.stats).toMatchObject({ utterances: 3, understood: 1, empty: 1, rejected: 1, failed: 0 });
    expect(bench.segments).toHaveLength(1);
    await bench.end();
  });

  it('begins the next utterance where a recogniser took one for over', async () => {
    const bench = await LegBench.open({ vad: { speaks: between([1000, 2000]) } });
    bench.recogniser.fates.push({ endsAfterMs: 500 });
    await bench.hear(0, 4000);
    expect(bench.words.map(({ text }) => Number(text)).every((mark, index) => mark === 700 + index * 100)).toBe(true);
    expect(bench.recogniser.marks).toHaveLength(1800 * 8);
    await bench.end();
  });

  it('tells hypotheses with the time at which the speech began', async () => {
    const bench = await LegBench.open({ vad: { speaks: between([1000, 2000]) } });
    await bench.hear(0, 1500);
    expect(bench.partials.at(-1)).toEqual(['8 words', 1000]);
    await bench.end();
  });

  it('ends an utterance when nothing comes any more', async () => {
    const bench = await LegBench.open({ vad: { speaks: between([1000, 2000]) } });
    await bench.hear(0, 1500);
    await bench.clock.advance(2000);
    expect(bench.segments).toHaveLength(1);
    expect(bench.speech.at(-1)).toEqual([false, 1500]);
    await bench.hear(1500, 2500);
    await bench.end();
    expect(bench.segments[1]).toMatchObject({ startMs: 1500, endMs: 2500 });
  });
});

describe('a gate that is off', () => {
  it('sends everything, and ends utterances where it gets quiet', async () => {
    const bench = await LegBench.open({ gate: { mode: 'off' } });
    const loud = new Int16Array(160).fill(8000);
    const quiet = new Int16Array(160);
    for (let at = 0; at < 6000; at += 20) bench.leg.write(at >= 1000 && at < 2000 ? loud : quiet, at);
    await bench.clock.advance(0);
    expect(bench.recogniser.utterances.map(({ length }) => length / 8)).toEqual([2500, 3500]);
    expect(bench.vad.openStreams).toBe(0);
    expect(bench.speech).toEqual([
      [true, 1000],
      [false, 2000],
    ]);
    expect(bench.leg.stats).toMatchObject({ mode: 'off', audioMs: 6000, sentMs: 6000, speechMs: 1000 });
    await bench.end();
  });

  it('understands what is never quiet in parts of half a minute', async () => {
    const bench = await LegBench.open({ gate: { mode: 'off' } });
    for (let at = 0; at < 70_000; at += 20) {
      // What is always equally loud would be the noise of the line.
      bench.leg.write(new Int16Array(160).fill(at % 300 < 200 ? 8000 : 0), at);
      await bench.clock.advance(20);
    }
    await bench.end();
    expect(bench.recogniser.utterances.map(({ length }) => length / 8)).toEqual([30_000, 30_000, 10_000]);
    expect(bench.segments.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      [0, 30_000],
      [30_000, 60_000],
      [60_000, 70_000],
    ]);
  });
});

describe('a shadow', () => {
  it('counts what the gate would send, and keeps nothing back', async () => {
    const bench = await LegBench.open({ gate: { mode: 'shadow' }, vad: { speaks: between([2000, 3000]) } });
    await bench.hear(0, 5000);
    await bench.end();
    expect(bench.leg.stats).toMatchObject({ mode: 'shadow', sentMs: 5000, wouldSendMs: 1800, speechMs: 1000 });
    expect(bench.recogniser.marks).toHaveLength(5000 * 8);
  });

  it('goes on without its detector', async () => {
    const bench = await LegBench.open({ gate: { mode: 'shadow' }, refusesVad: true });
    await bench.hear(0, 1000);
    await bench.end();
    expect(bench.leg.stats).toMatchObject({ mode: 'off', failedOpen: true, sentMs: 1000 });
    expect(bench.incidents).toHaveLength(1);
  });
});
