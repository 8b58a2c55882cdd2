import { describe, expect, it } from '@jest/globals';
import { shareOfWait } from './share-of-wait.js';

describe('the share of a wait', () => {
  it('is what it takes on its own, as long as there is enough', () => {
    expect(shareOfWait(1000, 2500, 1)).toBe(1000);
    expect(shareOfWait(1000, Infinity, 3)).toBe(1000);
  });

  it('leaves something to those who come later', () => {
    expect(shareOfWait(1000, 1000, 1)).toBe(600);
    expect(shareOfWait(1000, 1500, 2)).toBe(700);
  });

  it('is never nothing, not even when the time is over', () => {
    expect(shareOfWait(1000, 300, 1)).toBe(250);
    expect(shareOfWait(1000, -5000, 2)).toBe(250);
    expect(shareOfWait(100, -5000, 2)).toBe(100);
  });
});
