import { describe, expect, it } from '@jest/globals';
import { toPaddedSpeech } from './silence.js';

/** At 16 kHz: 200 ms of near silence, 100 ms of sound, 130 ms of near silence. */
const utterance = Int16Array.from({ length: 16 * 430 }, (_, i) => (i >= 3200 && i < 4800 ? 5000 : (i % 7) - 3));

describe('silence around speech', () => {
  it('leaves a short lead and the given pause', () => {
    const { pcm, trimmedMs, soundMs } = toPaddedSpeech(utterance, 16_000, 50);
    expect(trimmedMs).toBe(185);
    expect(soundMs).toBe(130);
    expect(pcm).toHaveLength(16 * 180);
    expect(pcm[15 * 16]).toBe(5000);
  });

  it('makes the pause longer than the silence there was', () => {
    const { pcm } = toPaddedSpeech(utterance, 16_000, 500);
    expect(pcm).toHaveLength(16 * 630);
    expect(pcm.at(-1)).toBe(0);
  });

  it('makes a pause of nothing but silence', () => {
    expect(toPaddedSpeech(new Int16Array(3000), 16_000, 100)).toEqual({
      pcm: new Int16Array(1600),
      trimmedMs: 0,
      soundMs: 0,
    });
  });
});
