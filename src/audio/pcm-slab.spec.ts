import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PcmSlab } from './pcm-slab.js';

it('gives everybody memory of their own', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9000 }), { maxLength: 60 }), (lengths) => {
      const slab = new PcmSlab();
      const taken = lengths.map((length, index) => slab.take(length).fill(index + 1));
      taken.forEach((pcm, index) => {
        expect(pcm).toHaveLength(lengths[index]!);
        expect(pcm.every((sample) => sample === index + 1)).toBe(true);
      });
    }),
  );
});

it('takes 50 telephone frames from one allocation', () => {
  const slab = new PcmSlab();
  const frames = Array.from({ length: 50 }, () => slab.take(160));
  expect(new Set(frames.map((pcm) => pcm.buffer)).size).toBe(1);
  expect(slab.take(160).buffer).not.toBe(frames[0]!.buffer);
});
