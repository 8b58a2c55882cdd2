import { describe, expect, it } from '@jest/globals';
import { LegBench } from './testing/leg-bench.js';
import type { MarkedSttStream } from './testing/marked-audio.js';

/** Speech of half a second each second: utterances of 1.3 s, one directly after the other. */
const everySecond = (ms: number): boolean => ms % 1000 < 400;
const vad = { speaks: everySecond };
const startsOf = (bench: LegBench): number[] => bench.segments.map(({ startMs }) => startMs);
const inUse = (bench: LegBench): number => bench.service.pools()[0]!.in_use;

describe('an utterance that begins while the last one is not understood yet', () => {
  it('is understood by another recogniser, maybe first, and neither is lost', async () => {
    const bench = await LegBench.open({ vad });
    bench.recogniser.fates.push({ afterMs: 1500 }, { afterMs: 100 });
    await bench.hear(0, 2800);
    expect(startsOf(bench)).toEqual([900, 0]);
    expect(bench.segments.map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect(bench.words.map(({ text, startMs }) => Number(text) - startMs).every((off) => off === 0)).toBe(true);
    await bench.end();
    expect(bench.leg.stats).toMatchObject({ utterances: 3, understood: 3 });
  });

  it('waits for a recogniser when three are busy, and is given everything it has said', async () => {
    const bench = await LegBench.open({ vad });
    bench.recogniser.fates.push({ afterMs: 5000 }, { afterMs: 9000 }, { afterMs: 9000 });
    await bench.hear(0, 4500);
    expect(bench.recogniser.streams.filter(({ isBusy }: MarkedSttStream) => isBusy)).toHaveLength(3);
    expect(bench.recogniser.utterances).toHaveLength(3);
    await bench.hear(4500, 6000);
    // The first one is free again, and catches up.
    expect(startsOf(bench)).toEqual([0, 2900, 3900, 4900]);
    await bench.end();
    expect(startsOf(bench).toSorted((a, b) => a - b)).toEqual([0, 900, 1900, 2900, 3900, 4900]);
  });

  it('waits for the recogniser of its leg when there is no other', async () => {
    const bench = await LegBench.open({ vad, env: { STT_POOL_MAX: '1' } });
    bench.recogniser.fates.push({ afterMs: 1500 }, { afterMs: 100 });
    await bench.hear(0, 3000);
    await bench.end();
    expect(bench.recogniser.streams).toHaveLength(1);
    expect(startsOf(bench)).toEqual([0, 900, 1900]);
    expect(bench.gaps).toEqual([]);
  });

  it('gives spare recognisers back when the exchange is over', async () => {
    const bench = await LegBench.open({ vad: { speaks: (ms) => ms < 3000 && everySecond(ms) } });
    bench.recogniser.fates.push({ afterMs: 1500 });
    await bench.hear(0, 3000);
    expect(inUse(bench)).toBe(2);
    await bench.hear(3000, 6300);
    expect(inUse(bench)).toBe(2);
    await bench.hear(6300, 7000);
    expect(inUse(bench)).toBe(1);
    await bench.close();
    expect(inUse(bench)).toBe(0);
  });

  it('is not waited for for ever', async () => {
    const bench = await LegBench.open({ vad: { speaks: (ms) => ms < 500 } });
    bench.recogniser.fates.push({ neverAnswers: true });
    await bench.hear(0, 2000);
    await bench.clock.advance(10_000);
    expect(bench.gaps).toEqual([[0, 1000, 'timeout']]);
    expect(bench.leg.stats).toMatchObject({ failed: 1, gapMs: 1000 });
    await bench.end();
  });
});
