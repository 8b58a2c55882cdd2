import { describe, expect, it } from '@jest/globals';
import { bytesPerSample, createDecoder, createEncoder, type AudioEncoding } from './codec.js';

const encodings: AudioEncoding[] = ['pcm16', 'mulaw', 'alaw'];

describe('audio codecs', () => {
  it.each(encodings)('%s: what is encoded comes back within one quantisation step', (encoding) => {
    const pcm = Int16Array.from({ length: 160 }, (_, i) => 12_000 * Math.sin(i / 5));
    const bytes = createEncoder(encoding).encode(pcm);
    const back = createDecoder(encoding).decode(bytes);
    const worst = Math.max(...pcm.map((sample, i) => Math.abs(sample - back[i]!)));
    expect(bytes).toHaveLength(160 * bytesPerSample[encoding]);
    expect(worst).toBeLessThanOrEqual(encoding === 'pcm16' ? 0 : 512);
  });

  it('keeps half a sample between frames of one stream, and not between streams', () => {
    const decoder = createDecoder('pcm16');
    expect([...decoder.decode(Uint8Array.of(1))]).toEqual([]);
    expect([...createDecoder('pcm16').decode(Uint8Array.of(2, 0))]).toEqual([2]);
    expect([...decoder.decode(Uint8Array.of(1, 3))]).toEqual([257]);
    expect([...decoder.decode(Uint8Array.of(0))]).toEqual([3]);
  });
});
