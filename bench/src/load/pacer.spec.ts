import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Pacer } from './pacer.ts';
import { seededRandom } from './random.ts';

class Ticked {
  readonly dues: number[] = [];
  tick(due: number): void {
    this.dues.push(due);
  }
}

describe('pacer', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  it('ticks each call every 20 ms at a phase of its own', () => {
    const calls = Array.from({ length: 10 }, () => new Ticked());
    const beganAt = performance.now();
    const pacer = new Pacer(calls, seededRandom(1));
    pacer.start();
    jest.advanceTimersByTime(101);
    pacer.stop();
    const phases = calls.map(({ dues }) => dues[0]! - beganAt);
    expect(new Set(phases).size).toBe(10);
    for (const [i, { dues }] of calls.entries()) {
      expect(phases[i]).toBeLessThan(20);
      expect(dues).toHaveLength(phases[i]! < 1 ? 6 : 5);
      for (const [cycle, due] of dues.entries()) expect(due - beganAt).toBeCloseTo(phases[i]! + cycle * 20);
    }
  });

  it('makes up for a standstill and still says when each tick was due', () => {
    const call = new Ticked();
    const beganAt = performance.now();
    const pacer = new Pacer([call], () => 0);
    pacer.start();
    // The loop was blocked: the clock is further than the timer that fires.
    jest.spyOn(performance, 'now').mockReturnValue(beganAt + 85);
    jest.runOnlyPendingTimers();
    pacer.stop();
    expect(call.dues.map((due) => due - beganAt)).toEqual([0, 20, 40, 60, 80]);
  });
});
