import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock } from '../../kernel/clock.js';
import { speechOf } from '../testing/failover-bench.js';
import { type BuildFate, FaultySttDriver, type SttFate } from '../testing/faulty-stt.js';
import { FaultyTtsDriver } from '../testing/faulty-tts.js';
import { Utterance, ramp } from '../testing/utterance.js';

const never = new AbortController().signal;
const RATE = 8000;
const FRAME_MS = 20;

const fate: fc.Arbitrary<SttFate> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('answers' as const), afterMs: fc.integer({ min: 0, max: 1900 }) }),
  },
  fc.record({ kind: fc.constant('dies' as const), afterMs: fc.integer({ min: 0, max: 1500 }) }),
  fc.constant({ kind: 'never answers' as const }),
);
const build = fc.constantFrom<BuildFate>('works', 'works', 'works', 'fails', 'hangs');
const utterance = fc.record({
  frames: fc.integer({ min: 1, max: 60 }),
  /** How long the caller is silent afterwards; a short one is interrupted by the next. */
  pauseMs: fc.constantFrom(0, 500, 30_000),
  ending: fc.constantFrom('finish', 'finish', 'finish', 'cancel'),
});

describe('a recogniser of several', () => {
  it('ends each utterance once, loses no sample, and leaves nothing behind, whatever they do', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ fates: fc.array(fate, { maxLength: 6 }), builds: fc.array(build, { maxLength: 4 }) }), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.array(utterance, { minLength: 1, maxLength: 4 }),
        async (providers, utterances) => {
          const clock = new ManualClock();
          const drivers = providers.map(({ fates, builds }, index) => {
            const driver = new FaultySttDriver(`p${index}`, clock, RATE);
            driver.fates.push(...fates);
            // The pools' first attempts.
            driver.builds.push('works', 'works', ...builds);
            return driver;
          });
          const speech = await speechOf(clock, drivers, [new FaultyTtsDriver('t', clock)]);
          const session = await speech.lease('ada', never);
          let first = 1;
          for (const { frames, pauseMs, ending } of utterances) {
            const answeredBefore = drivers.map(({ answered }) => answered.length);
            const pcm = ramp(frames * FRAME_MS, RATE, first);
            first += 7;
            const said = new Utterance();
            session.stt.start(said);
            for (let at = 0; at < pcm.length; at += (RATE * FRAME_MS) / 1000) {
              session.stt.write(pcm.slice(at, at + (RATE * FRAME_MS) / 1000));
              await clock.advance(FRAME_MS);
            }
            if (ending === 'cancel') session.stt.cancel();
            else session.stt.finish();
            await clock.advance(pauseMs);
            expect(said.ends).toBeLessThanOrEqual(1);
            // A sole recogniser that never answers is left to whoever listens, and so is the last of several.
            const isHung = drivers.some(({ hung }) => hung > 0);
            if (ending === 'finish' && pauseMs === 30_000 && !isHung) expect(said.ends).toBe(1);
            if (ending === 'cancel') expect(said.final).toBeUndefined();
            if (said.final) {
              const answers = drivers.flatMap(({ answered }, index) => answered.slice(answeredBefore[index]));
              // Not those to probes, which are silent.
              const [answer] = answers.filter((heard) => heard.some((sample) => sample !== 0));
              expect(answer).toEqual(pcm);
              const times = said.final.words!.flatMap(({ startMs, endMs }) => [startMs, endMs]);
              expect(times).toEqual(times.toSorted((a, b) => a - b));
              expect(times.at(-1) ?? 0).toBeLessThanOrEqual(frames * FRAME_MS);
            }
            const shown = said.partials.map(([text]) => text.split(' ').length);
            expect(shown).toEqual(shown.toSorted((a, b) => a - b));
          }
          session.release();
          await clock.advance(0);
          expect(drivers.map(({ running }) => running)).toEqual(drivers.map(() => 0));
          expect(speech.pools().map(({ in_use }) => in_use)).toEqual(speech.pools().map(() => 0));
          await speech.stop();
          await clock.advance(0);
          expect(clock.pending).toBe(0);
          expect(drivers.map(({ streams }) => streams)).toEqual(drivers.map(() => 0));
        },
      ),
      { numRuns: 150 },
    );
  });
});
