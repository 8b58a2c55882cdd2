import type { Options } from '../options.ts';
import { betterOf, type Figures, kneeOf } from '../run/figures.ts';
import { type Bench, measureCalls, type Timing } from '../run/measure.ts';
import type { CallerKind } from '../run/scripts.ts';
import { type Row, rowOf } from '../run/rows.ts';
import type { Step } from './scenario.ts';

const OVERHEAD_MS = 11_500;
const SHORT_SETTLE_MS = 1000;

interface Comparison {
  readonly title: string;
  readonly about: string;
  readonly kind: CallerKind;
  readonly calls: readonly number[];
  readonly rows: readonly Row[];
  /** Of nothing but waiting there is little to learn: shorter windows, and no turns to wait for before them. */
  readonly short?: boolean;
}

/** What is known of a row so far. */
interface Climb {
  /** The smallest number of calls that was measured. */
  fewest: Figures | null;
  knee: boolean;
}

/**
 * Every row with every number of calls. The rows take turns, so that what else the machine does meets all of them; a
 * row that has reached its knee, twice in a row, is not asked for more.
 */
export function comparison({ title, about, kind, calls, rows, short }: Comparison, options: Options): Step[] {
  const growing = [...calls].sort((a, b) => a - b);
  const climbs = new Map<Row, Climb>(rows.map((row) => [row, { fewest: null, knee: false }]));
  return growing.flatMap((count) =>
    rows.map((row) => ({
      title,
      about,
      estimateMs: short ? options.windowMs / 2 + OVERHEAD_MS - 3000 : options.windowMs + OVERHEAD_MS,
      async run(bench) {
        const climb = climbs.get(row)!;
        if (climb.knee) return { figures: [], facts: [] };
        const timed = short ? { ...bench, timing: shortened(bench.timing) } : bench;
        const { figures, knee } = await climbTo(timed, row, kind, count, options.quick ? null : climb);
        if (knee !== null)
          return { figures: [figures], facts: [`${row.label} is at its knee with ${count} calls: ${knee}.`] };
        const isTop = count === growing.at(-1) && growing.length > 1 && !options.quick;
        return { figures: [figures], facts: isTop ? [`${row.label}: no knee up to ${count} calls.`] : [] };
      },
    })),
  );
}

function shortened(timing: Timing): Timing {
  return { ...timing, settleMs: Math.min(timing.settleMs, SHORT_SETTLE_MS), windowMs: timing.windowMs / 2 };
}

/** One number of calls; a second time when the first looks like the knee, of which the better counts. */
async function climbTo(
  bench: Bench,
  row: Row,
  kind: CallerKind,
  count: number,
  climb: Climb | null,
): Promise<{ figures: Figures; knee: string | null }> {
  const first = await measureCalls(bench, row, kind, count);
  if (!climb) return { figures: first, knee: null };
  const fewest = (climb.fewest ??= first);
  const suspicion = kneeOf(first, fewest);
  if (suspicion === null) return { figures: first, knee: null };
  bench.progress(`${row.label}: ${suspicion}; measuring once more`);
  const better = betterOf(first, await measureCalls(bench, row, kind, count));
  const figures = { ...better, notes: [...better.notes, 'better of two tries'] };
  const knee = kneeOf(better, fewest);
  climb.knee = knee !== null;
  return { figures, knee };
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
      calls: options.calls ?? [1, 10, 25, 50, 100, 200, 390],
      rows,
      short: true,
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
      calls: options.calls ?? [1, 25, 100],
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
