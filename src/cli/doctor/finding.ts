/**
 * `problem`: something will not work. `warning`: it works, and somebody should look at it all the same. `skipped`: not looked
 * at, for a problem that is told elsewhere.
 */
export type Verdict = 'ok' | 'warning' | 'problem' | 'skipped';

export interface Finding {
  readonly verdict: Verdict;
  /** What was seen, for people; secrets are masked before anybody reads it. */
  readonly says: string;
  /** The variables that have to do with it. */
  readonly settings?: readonly string[];
  /** What to do; never for `ok` and `skipped`. */
  readonly advice?: string;
}

/** One thing that is looked at. */
export interface Check {
  readonly about: string;
  /** The variables to look at when there is no answer, or none that the examination has words for. */
  readonly settings: readonly string[];
  /**
   * Loads what it takes, before any clock runs: libraries of vendors keep the whole process waiting, and the other side would
   * look slow. What goes wrong shows again in the examination.
   */
  readonly prepare?: () => Promise<unknown>;
  /** An examination that takes longer is given up, and is a problem. */
  readonly limitMs: number;
  /** What it rejects with is a problem, too. */
  examine(signal: AbortSignal): Promise<readonly Finding[]> | readonly Finding[];
}

export function ok(says: string): Finding {
  return { verdict: 'ok', says };
}

export function skipped(says: string): Finding {
  return { verdict: 'skipped', says };
}

export function warning(says: string, settings: readonly string[], advice: string): Finding {
  return { verdict: 'warning', says, settings, advice };
}

export function problem(says: string, settings: readonly string[], advice: string): Finding {
  return { verdict: 'problem', says, settings, advice };
}
