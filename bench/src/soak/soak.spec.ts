import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../load/random.ts';
import { UsageError } from '../options.ts';
import { type Census, compare, judge, slopeOf } from './census.ts';
import { planOf } from './soak-caller.ts';
import { parseSoakOptions } from './soak-options.ts';

const census = (held: number, timers: number): Census => ({
  held: { slots: held },
  standing: { Timeout: timers },
  memory: { live: 0, resident: 0 },
  totals: { calls: 0, refused: 0, dropped: 0, inferences: 0 },
});

const failedIn = (before: Census, after: Census): string[] =>
  compare(before, after).flatMap(({ name, passed }) => (passed ? [] : [name]));

describe('what is left', () => {
  it('must be nothing of what calls hold, whatever there was before', () => {
    expect(failedIn(census(1, 2), census(1, 2))).toEqual(['slots']);
    expect(failedIn(census(1, 2), census(0, 2))).toEqual([]);
  });

  it('must be no more of what stands by itself than before', () => {
    expect(failedIn(census(0, 2), census(0, 1))).toEqual([]);
    expect(failedIn(census(0, 2), census(0, 3))).toEqual(['Timeout']);
  });
});

describe('growth', () => {
  const line = (perX: number, noise: readonly number[]) => noise.map((by, x) => ({ x, y: 10 + perX * x + by }));

  it('is the slope of the line that fits best', () => {
    expect(slopeOf(line(2, [0, 0, 0, 0]))).toEqual({ perX: 2, error: 0 });
    expect(slopeOf(line(2, [1, -1, -1, 1]))!.perX).toBeCloseTo(2);
  });

  it('is unknown from too few points, or from points in one place', () => {
    expect(slopeOf(line(2, [0, 0, 0]))).toBeNull();
    expect(slopeOf([1, 2, 3, 4].map((y) => ({ x: 5, y })))).toBeNull();
  });

  it('is only held against the server when noise does not explain it', () => {
    expect(judge(1, slopeOf(line(1.5, [0, 0, 0, 0, 0]))!)).toBe('above target');
    expect(judge(1, slopeOf(line(1.5, [0, 3, -3, 2, 0]))!)).toMatch(/^inconclusive/);
    expect(judge(1, slopeOf(line(0.2, [0, 0.1, 0, 0.1, 0]))!)).toBe('below target');
  });
});

describe('callers of the soak', () => {
  const plans = (seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: 500 }, () => planOf(random));
  };

  it('are the same for the same seed', () => {
    expect(plans(3)).toEqual(plans(3));
    expect(plans(3)).not.toEqual(plans(4));
  });

  it('come by both routes, end in every way and misbehave in every way', () => {
    const all = plans(1);
    expect(new Set(all.map(({ twilio }) => twilio)).size).toBe(2);
    expect(new Set(all.map(({ ending }) => ending)).size).toBe(6);
    expect(all.some(({ garbageRate }) => garbageRate > 0)).toBe(true);
    expect(all.some(({ deaf }) => deaf !== null)).toBe(true);
    expect(all.some(({ lifeMs }) => lifeMs < 40)).toBe(true);
    expect(all.some(({ path }) => path.includes('nowhere'))).toBe(true);
  });
});

describe('options of the soak', () => {
  it('take minutes or seconds', () => {
    expect(parseSoakOptions([]).durationMs).toBe(600_000);
    expect(parseSoakOptions(['--minutes', '0.5']).durationMs).toBe(30_000);
    expect(parseSoakOptions(['--seconds', '60'])).toMatchObject({ durationMs: 60_000, seed: 1, calls: 40 });
  });

  it.each([
    [['--minutes', '1', '--seconds', '5'], 'either --minutes or --seconds'],
    [['--seconds', '10'], 'a soak of less than 30 s shows nothing'],
    [['--minutes', 'ten'], '--minutes: "ten" is not a number above 0 and up to 1440'],
  ])('%j are refused in words', (args, message) => {
    expect(() => parseSoakOptions(args)).toThrow(new UsageError(message));
  });
});
