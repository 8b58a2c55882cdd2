import { describe, expect, it } from '@jest/globals';
import { rmsDbfs } from './level.js';

describe('level', () => {
  it('is 0 dB for a full-scale square wave and 3 dB less for a sine', () => {
    expect(rmsDbfs(Int16Array.of(-32_768, -32_768))).toBe(0);
    expect(rmsDbfs(Int16Array.from({ length: 8000 }, (_, i) => 32_767 * Math.sin(i / 3)))).toBeCloseTo(-3.01, 1);
  });

  it('has a floor for silence and for nothing', () => {
    expect(rmsDbfs(new Int16Array(160))).toBe(-100);
    expect(rmsDbfs(new Int16Array(0))).toBe(-100);
  });
});
