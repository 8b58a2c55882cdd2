import type { Figures } from '../run/figures.ts';
import type { Bench } from '../run/measure.ts';
import type { Options } from '../options.ts';

/** Lines that belong together, with what is to be said about them. */
export interface Section {
  readonly title: string;
  readonly about: string;
  readonly figures: readonly Figures[];
  /** What does not fit the columns, a sentence each. */
  readonly facts: readonly string[];
}

/** One piece of work, short enough that a failure in it costs only itself. */
export interface Step {
  readonly title: string;
  readonly about: string;
  /** A guess, for the progress lines only. */
  readonly estimateMs: number;
  run(bench: Bench, options: Options): Promise<{ figures: readonly Figures[]; facts: readonly string[] }>;
}
