import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../kernel/clock.js';
import { RateWindows } from './rate-windows.js';

const MOST = 10_000;

function windowsOf(perMinute: number): { clock: ManualClock; windows: RateWindows } {
  const clock = new ManualClock();
  return { clock, windows: new RateWindows(perMinute, clock) };
}

function bring(windows: RateWindows, keys: number, name: string, times = 1): void {
  for (let key = 0; key < keys; key++) for (let time = 0; time < times; time++) windows.count(`${name}-${key}`);
}

describe('who has used up what they may', () => {
  it('is let in when the minute is over, and not before, however many others come', async () => {
    const { clock, windows } = windowsOf(2);
    bring(windows, 1, 'guesser', 3);
    await clock.advance(15_000);
    bring(windows, 3 * MOST, 'other');
    expect([windows.exhausted('guesser-0'), windows.count('guesser-0')]).toEqual([45_000, 45_000]);
    await clock.advance(45_000);
    expect([windows.exhausted('guesser-0'), windows.count('guesser-0')]).toEqual([undefined, undefined]);
    expect([windows.count('guesser-0'), windows.exhausted('guesser-0')]).toEqual([undefined, 60_000]);
  });

  it('is forgotten for others only once those are used up as well, and the first for the last', () => {
    const { windows } = windowsOf(2);
    bring(windows, MOST, 'guesser', 2);
    windows.count('late');
    expect(windows.exhausted('guesser-0')).toBe(60_000);
    windows.count('late');
    expect(['guesser-0', 'guesser-1', 'late'].map((key) => windows.exhausted(key))).toEqual([
      undefined,
      60_000,
      60_000,
    ]);
  });

  it('stays known where others, whose minutes are over, can be forgotten in its place', async () => {
    const { clock, windows } = windowsOf(2);
    bring(windows, MOST - 1, 'slow');
    await clock.advance(30_000);
    bring(windows, 1, 'guesser', 2);
    bring(windows, MOST - 1, 'slow');
    await clock.advance(30_000);
    bring(windows, 1, 'late', 2);
    expect([windows.exhausted('guesser-0'), windows.exhausted('late-0')]).toEqual([30_000, 60_000]);
  });
});

describe('who has not', () => {
  it('is forgotten, the oldest first, when there are too many', () => {
    const { windows } = windowsOf(2);
    windows.count('a');
    windows.count('b');
    bring(windows, MOST - 1, 'other');
    expect([windows.count('b'), windows.count('b')]).toEqual([undefined, 60_000]);
    expect([windows.count('a'), windows.count('a')]).toEqual([undefined, undefined]);
  });
});
