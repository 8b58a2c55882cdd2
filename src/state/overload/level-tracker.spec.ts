import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { LevelTracker } from './level-tracker.js';
import { type OverloadLevel, overloadLevels, rankOf } from './overload-level.js';

const STEP_MS = 500;
const times = { overloadedAfterMs: 5000, recoveryMs: 30_000 };

/** A tracker that is shown a pressure every half second. */
class Watched {
  readonly tracker = new LevelTracker(times);
  now = 0;

  show(pressure: number, forMs = STEP_MS): OverloadLevel {
    for (let shownMs = 0; shownMs < forMs; shownMs += STEP_MS) {
      this.tracker.update(pressure, this.now);
      this.now += STEP_MS;
    }
    return this.tracker.level;
  }
}

describe('the level', () => {
  it.each([
    [0, 'NORMAL'],
    [0.7, 'NORMAL'],
    [0.701, 'WARNING'],
    [0.85, 'WARNING'],
    [0.851, 'DEGRADED'],
    [0.95, 'DEGRADED'],
    [0.951, 'CRITICAL'],
    [40, 'CRITICAL'],
    [Infinity, 'CRITICAL'],
  ] as const)('rises at once: with %d it is %s', (pressure, level) => {
    expect(new Watched().show(pressure)).toBe(level);
  });

  it('is OVERLOADED after 5 s above 0.95, and not when there was a break', () => {
    const watched = new Watched();
    expect(watched.show(0.96, 5000)).toBe('CRITICAL');
    expect(watched.show(0.95)).toBe('CRITICAL');
    expect(watched.show(0.96, 5000)).toBe('CRITICAL');
    expect(watched.show(0.96)).toBe('OVERLOADED');
  });

  it('goes down by one after each 30 s below 0.70', () => {
    const watched = new Watched();
    watched.show(1, 5500);
    const levels = Array.from({ length: 5 }, () => watched.show(0, 30_000));
    expect(levels).toEqual(['OVERLOADED', 'CRITICAL', 'DEGRADED', 'WARNING', 'NORMAL']);
    expect(watched.tracker.calmNeededMs(watched.now)).toBe(0);
  });

  it('stays where it is while the pressure goes up and down across a threshold', () => {
    const watched = new Watched();
    for (let i = 0; i < 200; i++) expect(watched.show(i % 2 === 0 ? 0.86 : 0.69, 5000)).toBe('DEGRADED');
  });

  it('needs 30 s again after each break', () => {
    const watched = new Watched();
    watched.show(0.8);
    watched.show(0.6, 29_500);
    expect(watched.tracker.calmNeededMs(watched.now)).toBe(500);
    expect(watched.show(0.7)).toBe('WARNING');
    expect(watched.tracker.calmNeededMs(watched.now)).toBe(30_000);
    expect(watched.show(0.6, 30_000)).toBe('WARNING');
    expect(watched.show(0.6)).toBe('NORMAL');
  });

  it('rises from half-way down as from the bottom', () => {
    const watched = new Watched();
    watched.show(1, 5500);
    expect(watched.show(0, 60_500)).toBe('DEGRADED');
    expect(watched.show(0.8)).toBe('DEGRADED');
    expect(watched.show(1)).toBe('CRITICAL');
    expect(watched.show(1, 5000)).toBe('OVERLOADED');
  });

  it('follows these rules whatever the pressure does', () => {
    const pressures = fc.array(
      fc.record({ pressure: fc.double({ min: 0, max: 1.2, noNaN: true }), forMs: fc.constantFrom(500, 3000, 31_000) }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(pressures, (shown) => {
        const watched = new Watched();
        const log: number[] = [];
        let last: OverloadLevel = 'NORMAL';
        let steppedDownAt = 0;
        for (const { pressure, forMs } of shown) {
          for (let ms = 0; ms < forMs; ms += STEP_MS) {
            log.push(pressure);
            const level = watched.show(pressure);
            const inLastMs = (spanMs: number): number[] => log.slice(-(spanMs / STEP_MS + 1));
            // Never below what the pressure asks for now.
            expect(rankOf(level)).toBeGreaterThanOrEqual(
              pressure > 0.95 ? 3 : pressure > 0.85 ? 2 : pressure > 0.7 ? 1 : 0,
            );
            if (rankOf(level) < rankOf(last)) {
              expect(rankOf(last) - rankOf(level)).toBe(1);
              expect(Math.max(...inLastMs(30_000))).toBeLessThan(0.7);
              expect(watched.now - steppedDownAt).toBeGreaterThanOrEqual(30_000);
              steppedDownAt = watched.now;
            } else if (level === 'OVERLOADED' && last !== level) {
              expect(Math.min(...inLastMs(5000))).toBeGreaterThan(0.95);
              expect(inLastMs(5000)).toHaveLength(11);
            }
            last = level;
          }
        }
        // Whatever happened, it ends.
        expect(watched.show(0, 30_500 * overloadLevels.length)).toBe('NORMAL');
      }),
    );
  });
});
