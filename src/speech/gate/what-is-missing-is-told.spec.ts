import { describe, expect, it } from '@jest/globals';
import { LegBench } from './testing/leg-bench.js';
import { MarkedSttDriver } from './testing/marked-audio.js';

const always = { speaks: () => true };

describe('a leg of which something is missing', () => {
  it('says which stretch nobody understood, and goes on with the next', async () => {
    const bench = await LegBench.open({ vad: { speaks: (ms) => ms < 500 || (ms >= 3000 && ms < 3500) } });
    bench.recogniser.fates.push({ diesAfterMs: 5000 });
    await bench.hear(0, 6000);
    expect(bench.gaps).toEqual([[0, 1000, 'stt_failed']]);
    expect(bench.segments).toHaveLength(1);
    expect(bench.problems).toEqual([]);
    expect(bench.leg.stats).toMatchObject({ failed: 1, understood: 1, gapMs: 1000 });
    await bench.end();
  });

  it('tries again two seconds after a recogniser has failed in the middle, and loses no more', async () => {
    // One that runs in this process: others are asked again at the end of the utterance.
    const bench = await LegBench.open({
      vad: always,
      recognisers: (clock) => [new MarkedSttDriver(clock, 'embedded')],
    });
    bench.recogniser.fates.push({ diesAfterMs: 500 });
    await bench.hear(0, 5000);
    expect(bench.gaps).toEqual([[0, 2500, 'stt_failed']]);
    await bench.end();
    expect(bench.segments).toMatchObject([{ startMs: 2500, endMs: 5000 }]);
  });

  it('says once that recognisers are gone, and when they are back', async () => {
    const bench = await LegBench.open({ vad: { speaks: (ms) => ms % 2000 < 500 } });
    const dies = { diesAfterMs: 5000 };
    bench.recogniser.fates.push(dies, dies, dies);
    await bench.hear(0, 6000);
    expect(bench.problems.map(({ code }) => code)).toEqual(['stt_failed']);
    expect(bench.recovered).toBe(0);
    await bench.hear(6000, 10_000);
    expect(bench.problems).toHaveLength(1);
    expect(bench.recovered).toBe(1);
    await bench.end();
  });

  it('does not take audio at a level that has no room for it', async () => {
    const bench = await LegBench.open({ vad: always });
    await bench.hear(0, 1000);
    bench.queues.level = 'CRITICAL';
    await bench.hear(1000, 1060);
    bench.queues.level = 'NORMAL';
    await bench.hear(1060, 2000);
    await bench.end();
    expect(bench.gaps).toEqual([
      [1000, 1020, 'overload'],
      [1020, 1040, 'overload'],
      [1040, 1060, 'overload'],
    ]);
    // A stretch that short is silence in the middle of what is said.
    expect(bench.segments).toMatchObject([{ startMs: 0, endMs: 2000 }]);
    expect(bench.words.filter(({ text, startMs }) => text !== '-1' && Number(text) !== startMs)).toEqual([]);
  });

  it('loses the oldest when recognisers are far behind, and keeps the times of the rest', async () => {
    const bench = await LegBench.open({ vad: { speaks: (ms) => ms % 1000 < 400 }, env: { STT_POOL_MAX: '1' } });
    const slow = { afterMs: 9000 };
    bench.recogniser.fates.push(slow, slow, slow);
    await bench.hear(0, 18_000);
    // 10 s wait for the recogniser, and a second in the queue.
    expect(bench.queues.loadOf('system')).toMatchObject({ depth: 50, capacity: 50 });
    expect(bench.gaps.length).toBeGreaterThan(200);
    expect(bench.gaps[0]).toEqual([11_900, 11_920, 'queue_full']);
    await bench.hear(18_000, 21_000);
    await bench.end();
    expect(bench.queues.loadOf('system').depth).toBe(0);
    expect(bench.words.filter(({ text, startMs }) => text !== '-1' && Number(text) !== startMs)).toEqual([]);
    const isMissing = (ms: number): boolean => bench.gaps.some(([fromMs, toMs]) => ms >= fromMs && ms < toMs);
    expect(bench.recogniser.marks.some((mark) => isMissing(mark))).toBe(false);
  });
});

describe('the end of a leg', () => {
  it('is when everything is understood', async () => {
    const bench = await LegBench.open({ vad: always });
    bench.recogniser.fates.push({ afterMs: 700 });
    await bench.hear(0, 990, 10);
    let isOver = false;
    const finishing = bench.leg.finish(5000).then(() => (isOver = true));
    await bench.clock.advance(600);
    expect(isOver).toBe(false);
    await bench.clock.advance(100);
    await finishing;
    expect(bench.segments).toMatchObject([{ startMs: 0, endMs: 990 }]);
    bench.write(1000, 1100);
    expect(bench.leg.stats.audioMs).toBe(990);
    await bench.close();
    expect(bench.clock.pending).toBe(0);
  });

  it('is at once when there is nothing to wait for', async () => {
    const bench = await LegBench.open();
    await bench.leg.finish(5000);
    expect(bench.clock.pending).toBe(0);
    await bench.close();
  });

  it('does not wait longer than it may, and says what is missing', async () => {
    const bench = await LegBench.open({ vad: always });
    bench.recogniser.fates.push({ neverAnswers: true });
    await bench.hear(0, 1000);
    const finishing = bench.leg.finish(3000);
    expect(bench.leg.finish(1)).toBe(finishing);
    await bench.clock.advance(3000);
    await finishing;
    expect(bench.gaps).toEqual([[0, 1000, 'timeout']]);
    expect(bench.leg.stats).toMatchObject({ utterances: 1, failed: 1 });
    await bench.close();
    expect(bench.clock.pending).toBe(0);
  });

  it.each([0, 10, 500, 700, 1200, 1900, 2500])(
    'may come %d ms into it: nothing is told, held or waited for afterwards',
    async (atMs) => {
      for (const mode of ['active', 'shadow', 'off'] as const) {
        const bench = await LegBench.open({ gate: { mode }, vad: { speaks: (ms) => ms % 800 < 300, delayMs: 5 } });
        bench.recogniser.fates.push({ afterMs: 3000 }, { neverAnswers: true });
        await bench.hear(0, atMs);
        const finishing = atMs > 1000 ? bench.leg.finish(60_000) : Promise.resolve();
        bench.leg.close();
        bench.leg.close();
        await finishing;
        const told = [bench.segments.length, bench.gaps.length, bench.partials.length, bench.speech.length];
        bench.write(atMs, atMs + 100);
        await bench.clock.advance(60_000);
        expect([bench.segments.length, bench.gaps.length, bench.partials.length, bench.speech.length]).toEqual(told);
        expect(bench.vad.openStreams).toBe(0);
        expect(bench.service.pools()[0]).toMatchObject({ in_use: 0, waiting: 0 });
        await bench.service.stop();
        expect(bench.clock.pending).toBe(0);
      }
    },
  );

  it('may come from whoever is told something', async () => {
    for (const at of ['onSegment', 'onSpeech', 'onPartial', 'onGap'] as const) {
      const bench = await LegBench.open({ vad: { speaks: (ms) => ms < 500 } });
      if (at === 'onGap') bench.recogniser.fates.push({ diesAfterMs: 5000 });
      bench[at] = () => bench.leg.close();
      await bench.hear(0, 3000);
      expect(bench.clock.pending).toBe(0);
      expect([at, bench.service.pools()[0]!.in_use]).toEqual([at, 0]);
      await bench.service.stop();
    }
  });
});
