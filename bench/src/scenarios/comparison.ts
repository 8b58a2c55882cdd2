import type { Options } from '../options.ts';
import { type Figures, kneeOf } from '../run/figures.ts';
import { measureCalls } from '../run/measure.ts';
import type { CallerKind } from '../run/scripts.ts';
import { type Row, rowOf } from '../run/rows.ts';
import type { Step } from './scenario.ts';

const OVERHEAD_MS = 9000;

interface Comparison {
  readonly title: string;
  readonly about: string;
  readonly kind: CallerKind;
  readonly calls: readonly number[];
  readonly rows: readonly Row[];
}

/**
 * Every row with every number of calls. The rows take turns, so that what else the machine does meets all of them; a
 * row that has reached its knee, twice in a row, is not asked for more.
 */
export function comparison({ title, about, kind, calls, rows }: Comparison, options: Options): Step[] {
  const singles = new Map<Row, Figures>();
  const knees = new Map<Row, string>();
  return calls.flatMap((count) =>
    rows.map((row) => ({
      title,
      about,
      estimateMs: options.windowMs + OVERHEAD_MS,
      async run(bench) {
        if (knees.has(row)) return { figures: [], facts: [] };
        const figures = await measureCalls(bench, row, kind, count);
        if (count === calls[0]) singles.set(row, figures);
        const knee = options.quick ? null : kneeOf(figures, singles.get(row) ?? null);
        if (knee === null) return { figures: [figures], facts: [] };
        bench.progress(`${row.label}: ${knee}; measuring once more`);
        const again = await measureCalls(bench, row, kind, count);
        if (kneeOf(again, singles.get(row) ?? null) === null)
          return { figures: [{ ...again, notes: [...again.notes, 'second try'] }], facts: [] };
        knees.set(row, knee);
        return { figures: [figures], facts: [`${row.label} is at its knee with ${count} calls: ${knee}.`] };
      },
    })),
  );
}

const GROWING = [1, 10, 25, 50, 100, 200, 300, 390];

export function talking(options: Options): Step[] {
  const rows = options.rows.map((name) => rowOf(name, options.rate));
  return comparison(
    {
      title: 'Talking callers',
      about:
        'Every caller speaks, hears the answer for 1.5 s, speaks again; every fourth answer of 8 s is heard to its end.',
      kind: 'talking',
      calls: options.calls ?? GROWING,
      rows,
    },
    options,
  );
}

export function idle(options: Options): Step[] {
  const rows = options.rows.map((name) => rowOf(name, options.rate));
  return comparison(
    {
      title: 'Silent callers',
      about: 'Connected, silence flowing in, nobody says anything: what a call costs that does nothing.',
      kind: 'idle',
      calls: options.calls ?? [10, 100],
      rows,
    },
    options,
  );
}

export function bargeIn(options: Options): Step[] {
  const rows = options.rows.filter((name) => name !== 'ws').map((name) => rowOf(name, options.rate));
  return comparison(
    {
      title: 'Barge-in',
      about: 'Every answer is interrupted 1.5 s after it began.',
      kind: 'barge-in',
      calls: options.calls ?? [25],
      rows,
    },
    options,
  );
}

export function resampling(options: Options): Step[] {
  const names = options.rows.filter((name) => name !== 'ws');
  const rows = ([8000, 16_000, 24_000] as const).flatMap((rate) => names.map((name) => rowOf(name, rate)));
  return comparison(
    {
      title: 'Resampling',
      about: 'The wire is 8 kHz; the speech services hear and speak 8, 16 or 24 kHz.',
      kind: 'talking',
      calls: options.calls ?? [10],
      rows,
    },
    options,
  );
}
