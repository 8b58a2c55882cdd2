import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { Pcm16Reader, bytesOfPcm16, pcm16OfBytes, toSample } from './pcm16.js';

describe('PCM16', () => {
  it('shares memory with the bytes where they are aligned', () => {
    const pcm = Int16Array.of(1, -2, 32_767);
    const back = pcm16OfBytes(bytesOfPcm16(pcm.subarray(1)));
    pcm[1] = 7;
    expect([...back]).toEqual([7, 32_767]);
  });

  it('reads bytes that begin at an odd address, without an odd last byte', () => {
    const bytes = Uint8Array.of(9, 1, 0, 255, 255, 5);
    expect([...pcm16OfBytes(bytes.subarray(1))]).toEqual([1, -1]);
  });

  it('carries half a sample into the next frame, however the stream was cut', () => {
    const stream = fc.tuple(fc.int16Array({ maxLength: 200 }), fc.array(fc.nat(20), { maxLength: 100 }));
    fc.assert(
      fc.property(stream, ([pcm, cuts]) => {
        const bytes = bytesOfPcm16(pcm);
        const reader = new Pcm16Reader();
        const samples: number[] = [];
        let offset = 0;
        for (const cut of [...cuts, bytes.length]) {
          samples.push(...reader.read(bytes.subarray(offset, offset + cut)));
          offset = Math.min(offset + cut, bytes.length);
        }
        expect(samples).toEqual([...pcm]);
      }),
    );
  });

  it('saturates instead of wrapping', () => {
    expect([40_000, -40_000, 0.6, -0.6].map(toSample)).toEqual([32_767, -32_768, 1, -1]);
  });
});
