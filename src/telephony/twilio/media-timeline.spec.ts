import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MediaTimeline } from './media-timeline.js';

/** Gaps before frames of 20 ms with these timestamps. */
function gaps(...timestamps: number[]): number[] {
  const timeline = new MediaTimeline();
  return timestamps.map((timestamp) => timeline.gapBefore(timestamp, 20));
}

describe('the time line of a stream', () => {
  it('has no gaps while frames follow each other, whenever it begins', () => {
    expect(gaps(1713, 1733, 1753)).toEqual([0, 0, 0]);
  });

  it('has a gap where frames are missing', () => {
    expect(gaps(0, 20, 140, 160)).toEqual([0, 0, 100, 0]);
  });

  it('takes small gaps together', () => {
    expect(gaps(0, 40, 80, 120, 140)).toEqual([0, 0, 0, 60, 0]);
  });

  it('does not mind jitter, frames that are early, out of order or sent twice', () => {
    expect(gaps(0, 55, 40, 60, 60, 80, 20, 130)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('does not fill up what is too much, and goes on from there', () => {
    expect(gaps(0, 2021, 2041, 2161)).toEqual([0, 0, 0, 100]);
    expect(gaps(0, 2020)).toEqual([0, 2000]);
    expect(gaps(0, 1e15, 1e15 + 20)).toEqual([0, 0, 0]);
  });

  it('does without timestamps', () => {
    expect(gaps(-1, -1, 500, -1, 540, -1, 680)).toEqual([0, 0, 0, 0, 0, 0, 100]);
  });

  it('is never behind by more than jitter, whatever is lost', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 90 }), { maxLength: 200 }), (losses) => {
        const timeline = new MediaTimeline();
        let inStreamMs = 300;
        let heardMs = 0;
        for (const lost of losses) {
          heardMs += timeline.gapBefore(inStreamMs, 20) + 20;
          inStreamMs += 20;
          expect(inStreamMs - 300 - heardMs).toBeLessThan(60);
          expect(heardMs).toBeLessThanOrEqual(inStreamMs - 300);
          inStreamMs += lost * 20;
        }
        expect(timeline.filledMs).toBeLessThanOrEqual(inStreamMs);
      }),
    );
  });
});
