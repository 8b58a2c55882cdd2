import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { BatchBench, Heard } from './testing/batch-bench.js';

const wordsTo = (last: number): string => Array.from({ length: last }, (_, i) => i + 1).join(' ');

describe('a batch recogniser as a stream', () => {
  it('hears everything in order, ends each utterance once and leaves nothing, whatever is called when', async () => {
    const call = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ kind: fc.constant('say' as const), seconds: fc.integer({ min: 1, max: 9 }) }),
      },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(5000) }) },
      { weight: 2, arbitrary: fc.constantFrom({ kind: 'finish' as const }, { kind: 'start' as const }) },
      { weight: 1, arbitrary: fc.constantFrom({ kind: 'cancel' as const }, { kind: 'fault' as const }) },
    );
    const calls = fc.array(fc.tuple(fc.nat(2), call), { maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(
        calls,
        fc.double({ min: 0, max: 3, noNaN: true }),
        fc.boolean(),
        async (script, factor, heeds) => {
          const bench = new BatchBench(2, 60_000);
          bench.recogniser.factor = factor;
          bench.recogniser.heedsSignal = heeds;
          const lines = await Promise.all(
            [0, 1, 2].map(async () => ({
              stream: await bench.stream(),
              heard: new Heard(),
              said: 0,
              state: 'none' as 'none' | 'begun' | 'finished' | 'over',
            })),
          );
          const ended: Heard[] = [];
          for (const [index, step] of script) {
            const line = lines[index]!;
            if (step.kind === 'wait') await bench.clock.advance(step.ms);
            else if (step.kind === 'fault') {
              const at = bench.recogniser.chunksMs.length + 1;
              bench.recogniser.fails = (chunk) => (chunk === at ? new Error('fault') : undefined);
            } else if (step.kind === 'start') {
              Object.assign(line, { heard: new Heard(), said: 0, state: 'begun' });
              line.stream.start(line.heard);
            } else if (step.kind === 'say') {
              await bench.say(line.stream, step.seconds, false, line.said + 1);
              if (line.state === 'begun') line.said += step.seconds;
            } else if (step.kind === 'finish') {
              line.stream.finish();
              if (line.state === 'begun') line.state = 'finished';
            } else {
              line.stream.cancel();
              if (line.state !== 'none' && line.heard.ends === 0) ended.push(line.heard);
              line.state = 'over';
            }
            for (const { heard } of lines) expect(heard.ends).toBeLessThanOrEqual(1);
          }
          await bench.clock.advance(600_000);
          for (const { heard, said, state } of lines) {
            if (state === 'finished') expect(heard.ends).toBe(1);
            if (state === 'finished' && heard.finals[0]) expect(heard.finals[0].text).toBe(wordsTo(said));
            for (const partial of heard.partials) expect(wordsTo(said).startsWith(partial)).toBe(true);
          }
          for (const heard of ended) expect(heard.ends).toBe(0);
          expect(bench.recogniser.most).toBeLessThanOrEqual(2);
          expect(bench.recogniser.chunksMs.every((ms) => ms <= 8000)).toBe(true);
          expect([bench.driver.waiting, bench.recogniser.working, bench.clock.pending]).toEqual([0, 0, 0]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
