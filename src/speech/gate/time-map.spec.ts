import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TimeMap } from './time-map.js';

describe('TimeMap', () => {
  it('runs alike from checkpoint to checkpoint, and tells an end from a beginning at the same time', () => {
    const map = new TimeMap();
    map.add(0, 1000);
    map.add(500, 4000);
    expect([map.startOf(0), map.startOf(499), map.startOf(500), map.startOf(700)]).toEqual([1000, 1499, 4000, 4200]);
    expect([map.endOf(500), map.endOf(501)]).toEqual([1500, 4001]);
  });

  it('needs no checkpoint for what runs on, and never runs back', () => {
    const map = new TimeMap();
    map.add(0, 1000);
    map.add(500, 1500);
    map.add(600, 1200);
    expect(map.size).toBe(1);
    expect(map.startOf(700)).toBe(1700);
  });

  it('is itself before anything is known', () => {
    expect(new TimeMap().startOf(12)).toBe(12);
  });

  it('forgets the oldest of too many checkpoints, and keeps the rest', () => {
    const map = new TimeMap();
    for (let i = 0; i < 1200; i++) map.add(i * 10, i * 100);
    expect(map.size).toBe(500);
    expect(map.startOf(11_990)).toBe(119_900);
    expect(map.startOf(7000)).toBe(70_000);
    // What is forgotten runs into the oldest that is left.
    expect(map.startOf(6990)).toBe(69_990);
  });

  it('finds for any checkpoints what a search from the end would, and is monotonic', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 5000 })), {
      minLength: 1,
      maxLength: 80,
    });
    fc.assert(
      fc.property(steps, (given) => {
        const map = new TimeMap();
        const known: [number, number][] = [];
        let [fromMs, toMs] = [0, 0];
        for (const [length, gap] of given) {
          toMs += gap;
          map.add(fromMs, toMs);
          known.push([fromMs, toMs]);
          fromMs += length;
          toMs += length;
        }
        let before = -1;
        for (let ms = 0; ms <= fromMs; ms += 7) {
          const [from, to] = known.findLast(([start]) => start <= ms)!;
          expect(map.startOf(ms)).toBe(to + ms - from);
          expect(map.startOf(ms)).toBeGreaterThan(before);
          before = map.startOf(ms);
        }
      }),
    );
  });
});
