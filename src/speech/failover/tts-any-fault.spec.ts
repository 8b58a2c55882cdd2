import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock } from '../../kernel/clock.js';
import { speechOf } from '../testing/failover-bench.js';
import { FaultySttDriver } from '../testing/faulty-stt.js';
import { FaultyTtsDriver, type TtsFate } from '../testing/faulty-tts.js';
import type { TtsChunk } from '../tts-voice.js';

const never = new AbortController().signal;
const WORD_MS = 100;

const fate: fc.Arbitrary<TtsFate> = fc.oneof(
  fc.constant({ kind: 'speaks' as const }),
  fc.record({ kind: fc.constantFrom('dies' as const, 'stalls' as const), afterWords: fc.integer({ min: 0, max: 8 }) }),
);
const sentence = fc.record({
  words: fc.integer({ min: 1, max: 8 }),
  /** The caller cuts in after so many chunks. */
  abortAfter: fc.option(fc.integer({ min: 0, max: 16 })),
});

describe('a voice of several', () => {
  it.each([
    { marks: true, rates: [8000, 8000, 8000] },
    { marks: true, rates: [8000, 24_000, 16_000] },
    { marks: false, rates: [8000, 8000, 8000] },
  ])('says every word of a sentence, or that it could not, whatever they do: %j', async ({ marks, rates }) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fate, { maxLength: 5 }), { minLength: 1, maxLength: 3 }),
        fc.array(sentence, { minLength: 1, maxLength: 4 }),
        async (fates, sentences) => {
          const clock = new ManualClock();
          const drivers = fates.map((ofDriver, index) => {
            const driver = new FaultyTtsDriver(`p${index}`, clock, { sampleRate: rates[index]!, marks });
            driver.fates.push(...ofDriver);
            return driver;
          });
          const speech = await speechOf(clock, [new FaultySttDriver('s', clock)], drivers);
          const session = await speech.lease('ada', never);
          for (const { words, abortAfter } of sentences) {
            const text = Array.from({ length: words }, (_, index) => `w${index + 1}`).join(' ');
            const controller = new AbortController();
            const request = { text, voice: 'any', rate: 1, pitch: 0, cacheable: false };
            const heard = listen(session.voice.synthesize(request, controller.signal), controller, abortAfter);
            await clock.advance(60_000);
            const { chunks, error } = await heard;
            expect(drivers.map(({ running }) => running)).toEqual(drivers.map(() => 0));
            expect(new Set(chunks.map(({ sampleRate }) => sampleRate)).size).toBeLessThanOrEqual(1);
            if (marks) expectOrder(chunks);
            if (controller.signal.aborted && error) expect(error).toBe(controller.signal.reason);
            else if (!error && marks) expectAllWords(chunks, words, new Set(rates).size === 1);
          }
          session.release();
          expect(speech.pools().map(({ in_use }) => in_use)).toEqual(speech.pools().map(() => 0));
          await speech.stop();
          expect(clock.pending).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
  });
});

async function listen(
  audio: AsyncIterable<TtsChunk>,
  controller: AbortController,
  abortAfter: number | null,
): Promise<{ chunks: TtsChunk[]; error: unknown }> {
  const chunks: TtsChunk[] = [];
  const cutIn = (): void => {
    if (chunks.length === abortAfter) controller.abort(new Error('barge-in'));
  };
  try {
    cutIn();
    for await (const chunk of audio) {
      chunks.push(chunk);
      cutIn();
    }
    return { chunks, error: undefined };
  } catch (error) {
    return { chunks, error };
  }
}

function expectOrder(chunks: readonly TtsChunk[]): void {
  const marks = chunks.flatMap((chunk) => chunk.marks ?? []);
  const durationMs = chunks.reduce((sum, { pcm, sampleRate }) => sum + (pcm.length * 1000) / sampleRate, 0);
  for (const key of ['textOffset', 'endMs'] as const) {
    const values = marks.map((mark) => mark[key]);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
  }
  expect(marks.at(-1)?.endMs ?? 0).toBeLessThanOrEqual(durationMs + WORD_MS);
}

/** In order, none left out; one that was broken off may come again. */
function expectAllWords(chunks: readonly TtsChunk[], words: number, exactly: boolean): void {
  const marks = chunks.flatMap((chunk) => chunk.marks ?? []);
  expect(new Set(marks.map(({ textOffset }) => textOffset)).size).toBe(words);
  if (!exactly) return;
  const runs: { word: number; samples: number }[] = [];
  for (const sample of chunks.flatMap(({ pcm }) => [...pcm])) {
    const last = runs.at(-1);
    if (last?.word === sample) last.samples++;
    else runs.push({ word: sample, samples: 1 });
  }
  expect(runs.map(({ word }) => word)).toEqual(Array.from({ length: words }, (_, index) => index + 1));
  for (const { samples } of runs) expect(samples).toBeGreaterThanOrEqual(WORD_MS * 8);
}
