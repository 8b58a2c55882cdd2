import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { ChunkSizer } from './chunk-sizer.js';

const after = (...factors: number[]): ChunkSizer => {
  const sizer = new ChunkSizer();
  for (const factor of factors) sizer.measured(factor * 2000, 2000);
  return sizer;
};

describe('the length of a chunk', () => {
  it.each([
    [[], 2000],
    [[0.49], 2000],
    [[0.5], 4000],
    [[0.79], 4000],
    [[0.8], 8000],
    [[3], 8000],
  ])('with factors of %p is %d ms', (factors, chunkMs) => {
    expect(after(...factors).chunkMs).toBe(chunkMs);
  });

  it('goes by the last five chunks', () => {
    expect(after(9, 9, 9, 0.1, 0.1, 0.1, 0.1, 0.1).chunkMs).toBe(2000);
    expect(after(0.1, 0.1, 0.1, 0.1, 2).realTimeFactor).toBeCloseTo(0.48);
    expect(after(0.1, 0.1, 0.1, 0.1, 3).chunkMs).toBe(4000);
  });

  it('weighs chunks by their length: the short rest of an utterance says little', () => {
    const sizer = after(0.4);
    sizer.measured(100, 20);
    expect(sizer.realTimeFactor).toBeCloseTo(900 / 2020);
    sizer.measured(50, 0);
    expect(sizer.chunkMs).toBe(2000);
  });

  it('is never shorter when the recogniser is slower', () => {
    const chunks = fc.array(fc.record({ processingMs: fc.nat(20_000), audioMs: fc.integer({ min: 1, max: 8000 }) }));
    fc.assert(
      fc.property(chunks, fc.integer({ min: 1, max: 5 }), (measured, slower) => {
        const [sizer, slow] = [new ChunkSizer(), new ChunkSizer()];
        for (const { processingMs, audioMs } of measured) {
          sizer.measured(processingMs, audioMs);
          slow.measured(processingMs * slower, audioMs);
        }
        expect([2000, 4000, 8000]).toContain(sizer.chunkMs);
        expect(slow.chunkMs).toBeGreaterThanOrEqual(sizer.chunkMs);
      }),
    );
  });
});
