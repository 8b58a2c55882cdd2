import { type OverloadLevel, overloadLevels, rankOf } from './overload-level.js';

/** A level begins above its pressure. */
export const levelThresholds = { WARNING: 0.7, DEGRADED: 0.85, CRITICAL: 0.95 } as const;
/** Below it the process counts as calm. */
const CALM_BELOW = levelThresholds.WARNING;

export interface LevelTimes {
  /** This long above the threshold of CRITICAL makes OVERLOADED. */
  readonly overloadedAfterMs: number;
  /** This long calm, without a break, takes the level down by one. */
  readonly recoveryMs: number;
}

/**
 * From pressure to level. Up at once and as far as need be; down one level at a time, so that each thing that was shut
 * is opened for a while before the next one is, and a load that comes back finds the level still up.
 */
export class LevelTracker {
  private current: OverloadLevel = 'NORMAL';
  private highSince: number | undefined;
  private calmSince: number | undefined;

  constructor(private readonly times: LevelTimes) {}

  get level(): OverloadLevel {
    return this.current;
  }

  /** @param pressure 0 is none, 1 is all that can be done @param now ms. Returns the level after it. */
  update(pressure: number, now: number): OverloadLevel {
    this.highSince = pressure > levelThresholds.CRITICAL ? (this.highSince ?? now) : undefined;
    this.calmSince = pressure < CALM_BELOW ? (this.calmSince ?? now) : undefined;
    const reached = this.reached(pressure, now);
    if (rankOf(reached) > rankOf(this.current)) this.current = reached;
    else if (this.recovered(now)) {
      this.current = overloadLevels[rankOf(this.current) - 1]!;
      this.calmSince = now;
    }
    return this.current;
  }

  /** How much longer it has to stay calm until the level goes down; 0 at NORMAL. */
  calmNeededMs(now: number): number {
    if (this.current === 'NORMAL') return 0;
    return Math.max(0, this.times.recoveryMs - this.calmForMs(now));
  }

  private calmForMs(now: number): number {
    return this.calmSince === undefined ? 0 : now - this.calmSince;
  }

  private recovered(now: number): boolean {
    return this.current !== 'NORMAL' && this.calmSince !== undefined && this.calmForMs(now) >= this.times.recoveryMs;
  }

  private reached(pressure: number, now: number): OverloadLevel {
    if (this.highSince !== undefined && now - this.highSince >= this.times.overloadedAfterMs) return 'OVERLOADED';
    if (pressure > levelThresholds.CRITICAL) return 'CRITICAL';
    if (pressure > levelThresholds.DEGRADED) return 'DEGRADED';
    return pressure > levelThresholds.WARNING ? 'WARNING' : 'NORMAL';
  }
}
