import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { GateMode } from './gate-mode.js';
import { LegBench } from './testing/leg-bench.js';
import { MarkedSttDriver, type MarkedFate, marked } from './testing/marked-audio.js';

interface Stretch {
  readonly ms: number;
  readonly gapMs: number;
  readonly isSpeech: boolean;
}

const stretch = fc.record({
  ms: fc.integer({ min: 1, max: 120 }).map((frames) => frames * 20),
  gapMs: fc.constantFrom(0, 0, 0, 20, 60, 200, 220, 1000, 4000),
  isSpeech: fc.boolean(),
});
const fate: fc.Arbitrary<MarkedFate> = fc.oneof(
  fc.record({ afterMs: fc.constantFrom(0, 100, 900, 3000) }),
  fc.record({ endsAfterMs: fc.integer({ min: 1, max: 1500 }) }),
);
const call = fc.record({
  // Marks go up to half a minute.
  stretches: fc
    .array(stretch, { minLength: 1, maxLength: 12 })
    .filter((given) => given.reduce((sum, { ms, gapMs }) => sum + ms + gapMs, 0) < 32_000),
  fates: fc.array(fate, { maxLength: 8 }),
  chunkMs: fc.constantFrom(10, 20, 60),
  mode: fc.constantFrom<GateMode>('active', 'shadow', 'off'),
  sampleRate: fc.constantFrom(8000, 16_000),
  windowMs: fc.constantFrom(20, 32),
  delayMs: fc.constantFrom(0, 3, 70),
  diesAtWindow: fc.option(fc.integer({ min: 0, max: 200 })),
});

describe('times of a leg', () => {
  it('are those of every sample that was sent, in order and once, whatever comes', async () => {
    await fc.assert(
      fc.asyncProperty(call, async ({ stretches, fates, chunkMs, mode, sampleRate, diesAtWindow, ...vad }) => {
        const parts = placed(stretches);
        const speaks = (ms: number): boolean =>
          parts.some(({ fromMs, toMs, isSpeech }) => isSpeech && ms >= fromMs && ms < toMs);
        const bench = await LegBench.open({
          sampleRate,
          recognisers: (clock) => [new MarkedSttDriver(clock, 'marked', sampleRate)],
          gate: { mode },
          vad: { ...vad, speaks },
        });
        bench.recogniser.fates.push(...fates);
        if (diesAtWindow !== null) {
          const answers = Array.from({ length: diesAtWindow }, () => 0);
          bench.vad.answers.push(...answers, 'throw');
        }
        for (const { fromMs, toMs } of parts) {
          const waitedMs = fromMs - bench.clock.now();
          if (waitedMs > 0) await bench.clock.advance(waitedMs);
          await bench.hear(fromMs, toMs, chunkMs);
        }
        await bench.end();

        // Each word is the mark of its first sample: it must stand where that sample belongs.
        for (const { text, startMs, endMs } of bench.words) {
          if (text !== '-1') expect(Math.abs(startMs - Number(text))).toBeLessThanOrEqual(1);
          expect(endMs).toBeGreaterThan(startMs);
        }
        for (const { words } of bench.segments) expect(isAscending(words!.map(({ startMs }) => startMs))).toBe(true);
        // By their beginning utterances are in order, and no sample is in two of them, nor twice in one.
        const begun = bench.recogniser.utterances.map((samples) => samples.filter((sample) => sample > 0));
        expect(isAscending(begun.flat())).toBe(true);
        expect(Math.max(0, ...countsOf(begun.flat()).values())).toBeLessThanOrEqual(sampleRate / 1000);
        const sent = new Set(bench.recogniser.marks);
        // What was judged wrongly before the detector died may be missing.
        const mustBeSent = (ms: number): boolean => mode !== 'active' || (diesAtWindow === null && speaks(ms));
        for (const { fromMs, toMs } of parts)
          for (let ms = fromMs; ms < toMs; ms++)
            if (mustBeSent(ms) && !sent.has(ms)) throw new Error(`${ms} is missing`);
        expect(bench.gaps).toEqual([]);
        expect(bench.clock.pending).toBe(0);
        expect(bench.vad.openStreams).toBe(0);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it('are not understood across a gap, and are true behind it', async () => {
    const bench = await LegBench.open({ vad: { speaks: () => true } });
    await bench.hear(0, 1000);
    await bench.hear(5000, 6000);
    await bench.end();
    expect(bench.segments.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      [0, 1000],
      [5000, 6000],
    ]);
    expect(bench.speech).toEqual([
      [true, 0],
      [false, 1000],
      [true, 5000],
      [false, 6000],
    ]);
  });

  it('are filled with silence where a little is missing', async () => {
    const bench = await LegBench.open({ vad: { speaks: () => true } });
    await bench.hear(0, 1000);
    await bench.hear(1150, 2000);
    await bench.end();
    expect(bench.recogniser.utterances).toHaveLength(1);
    expect(bench.recogniser.marks.filter((mark) => mark === -1)).toHaveLength(150 * 8);
    expect(bench.words.filter(({ text, startMs }) => text !== '-1' && Number(text) !== startMs)).toEqual([]);
  });

  it('follow the count of samples where they are rounded, and never run back', async () => {
    const bench = await LegBench.open({ vad: { speaks: () => true } });
    for (let at = 0; at < 1000; at += 20) bench.leg.write(marked(at, at + 20, 8000), at + (at % 60 === 0 ? 4 : -7));
    bench.leg.write(marked(1000, 1020, 8000), 300);
    await bench.end();
    expect(bench.segments).toHaveLength(1);
    expect(bench.segments[0]).toMatchObject({ startMs: 4, endMs: 1024 });
    expect(bench.recogniser.marks.filter((mark) => mark === -1)).toEqual([]);
  });

  it('begin wherever the leg begins', async () => {
    const bench = await LegBench.open({ vad: { speaks: () => true } });
    await bench.hear(7000, 8000);
    await bench.end();
    expect(bench.segments[0]).toMatchObject({ startMs: 7000, endMs: 8000 });
  });

  it('stay true when one recogniser takes over from another in the middle', async () => {
    const bench = await LegBench.open({
      vad: { speaks: (ms) => (ms >= 1000 && ms < 3000) || (ms >= 5000 && ms < 6000) },
      recognisers: (clock) => [new MarkedSttDriver(clock, 'first'), new MarkedSttDriver(clock, 'second', 16_000)],
    });
    bench.stt[0]!.fates.push({ diesAfterMs: 900 });
    await bench.hear(0, 4000);
    expect(bench.segments).toHaveLength(1);
    expect(bench.segments[0]).toMatchObject({ provider: 'second', startMs: 700, endMs: 3500, epoch: 1 });
    // What is left in a resampler may be one word more.
    const starts = bench.words.map(({ startMs }) => startMs).slice(0, 28);
    expect(starts).toEqual(Array.from({ length: 28 }, (_, i) => 700 + i * 100));
    await bench.hear(4000, 7000);
    expect(bench.segments[1]).toMatchObject({ provider: 'first', startMs: 4700, endMs: 6500, epoch: 2 });
    expect(bench.gaps).toEqual([]);
    await bench.end();
  });
});

function placed(stretches: readonly Stretch[]): { fromMs: number; toMs: number; isSpeech: boolean }[] {
  let at = 0;
  return stretches.map(({ ms, gapMs, isSpeech }) => {
    const fromMs = at + gapMs;
    at = fromMs + ms;
    return { fromMs, toMs: at, isSpeech };
  });
}

function isAscending(values: readonly number[]): boolean {
  return values.every((value, index) => index === 0 || value >= values[index - 1]!);
}

function countsOf(values: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
