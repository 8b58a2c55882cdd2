/**
 * `problem`: something will not work. `warning`: it works, and somebody should look at it all the same. `skipped`: not looked
 * at, for a problem that is told elsewhere.
 */
export type Verdict = 'ok' | 'warning' | 'problem' | 'skipped';

/** A text may be anybody's: it may hold a secret anywhere. */
export type Words = string | Sentence;

export interface Finding<Says extends Words = Words> {
  readonly verdict: Verdict;
  /** What was seen, for people; secrets are masked before anybody reads it. */
  readonly says: Says;
  /** The variables that have to do with it. */
  readonly settings?: readonly string[];
  /** What to do, in words of ours, with nothing in them that could be secret; never for `ok` and `skipped`. */
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

/**
 * A sentence of ours, and what was put into it, which may be anybody's. Of our own words none is ever masked: one that is
 * missing would tell that somebody's secret is that word.
 */
export class Sentence {
  constructor(
    private readonly ours: readonly string[],
    private readonly values: readonly Words[],
  ) {}

  masked(mask: (text: string) => string): string {
    return this.ours.map((words, index) => words + maskedWords(this.values[index] ?? '', mask)).join('');
  }
}

/** Tag of sentences: `` say`it answers ${status}` `` */
export function say(ours: TemplateStringsArray, ...values: readonly (Words | number)[]): Sentence {
  return new Sentence(
    ours,
    values.map((value) => (typeof value === 'number' ? String(value) : value)),
  );
}

export function maskedWords(words: Words, mask: (text: string) => string): string {
  return typeof words === 'string' ? mask(words) : words.masked(mask);
}

export function ok(says: Words): Finding {
  return { verdict: 'ok', says };
}

export function skipped(says: Words): Finding {
  return { verdict: 'skipped', says };
}

export function warning<Says extends Words>(says: Says, settings: readonly string[], advice: string): Finding<Says> {
  return { verdict: 'warning', says, settings, advice };
}

export function problem(says: Words, settings: readonly string[], advice: string): Finding {
  return { verdict: 'problem', says, settings, advice };
}
