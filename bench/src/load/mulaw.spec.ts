import { describe, expect, it } from '@jest/globals';
import { decodeMulaw, encodeMulaw, PCM_OF_MULAW, tone } from './mulaw.ts';

describe('μ-law', () => {
  it('decodes the corners of the table in G.711', () => {
    expect([0x00, 0x7f, 0x80, 0xff].map((byte) => PCM_OF_MULAW[byte])).toEqual([-32_124, 0, 32_124, 0]);
  });

  it('keeps every code word through decoding and encoding, but for the negative zero', () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const back = encodeMulaw(decodeMulaw(all));
    expect([...back].filter((byte, i) => byte !== i)).toEqual([0xff]);
  });

  it('makes a tone of the length and loudness asked for', () => {
    const pcm = tone(400, 20, 8000, 1000);
    expect(pcm).toHaveLength(160);
    expect(Math.max(...pcm)).toBe(1000);
  });
});
