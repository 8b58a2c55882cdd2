import { parseArgs } from 'node:util';
import { type Rate, RATES, ROW_NAMES, type RowName } from './run/rows.ts';

export const SCENARIOS = ['talking', 'idle', 'barge-in', 'resampling', 'overload', 'slow-client', 'stall'] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

export interface Options {
  readonly help: boolean;
  readonly quick: boolean;
  readonly scenarios: readonly ScenarioName[];
  readonly rows: readonly RowName[];
  /** Null: each scenario's own. */
  readonly calls: readonly number[] | null;
  readonly rate: Rate;
  readonly windowMs: number;
  readonly name: string;
  readonly seed: number;
}

export const USAGE = `Usage: npm run bench [-- options]

Measures Parley beside a bare ws server and beside LiveKit's agents-js, on this machine, with the same callers.
Writes bench/results/<name>.{md,json,svg}. Without options everything is measured, which takes about half an hour.

  --quick             the main comparison only, small, in less than two minutes
  --scenario a,b      ${SCENARIOS.join(', ')}
  --rows a,b          ${ROW_NAMES.join(', ')}
  --calls 1,10,25     numbers of calls to try, instead of each scenario's own
  --rate 8000         what the speech services hear and speak, Hz: ${RATES.join(', ')}
  --seconds 20        length of each measuring window
  --name latest       name of the result files
  --seed 1            same seed, same phases and pauses of the callers
  --help

Scenarios: talking, idle and barge-in compare the rows; resampling repeats talking at 16 and 24 kHz; overload,
slow-client and stall put Parley under a load that it must refuse or survive.`;

export class UsageError extends Error {}

export function parseOptions(args: readonly string[]): Options {
  const { values } = parse(args);
  const quick = values.quick ?? false;
  return {
    help: values.help ?? false,
    quick,
    scenarios: values.scenario ? list('--scenario', values.scenario, SCENARIOS) : quick ? ['talking'] : SCENARIOS,
    rows: values.rows ? list('--rows', values.rows, ROW_NAMES) : ROW_NAMES,
    calls: values.calls ? numbers('--calls', values.calls, 1, 2000) : quick ? [1, 10, 50] : null,
    rate: values.rate ? one('--rate', Number(values.rate), RATES) : 8000,
    windowMs: numbers('--seconds', values.seconds ?? (quick ? '6' : '20'), 1, 600)[0]! * 1000,
    name: fileName(values.name ?? 'latest'),
    seed: numbers('--seed', values.seed ?? '1', 0, 2 ** 31)[0]!,
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { ...flag, short: 'h' },
        quick: flag,
        scenario: text,
        rows: text,
        calls: text,
        rate: text,
        seconds: text,
        name: text,
        seed: text,
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function one<T extends string | number>(option: string, value: string | number, allowed: readonly T[]): T {
  const found = allowed.find((item) => item === value);
  if (found === undefined) throw new UsageError(`${option}: "${value}" is none of ${allowed.join(', ')}`);
  return found;
}

function list<T extends string>(option: string, text: string, allowed: readonly T[]): T[] {
  return text.split(',').map((item) => one(option, item.trim(), allowed));
}

function numbers(option: string, text: string, least: number, most: number): number[] {
  return text.split(',').map((item) => {
    const number = Number(item);
    if (item.trim() === '' || !Number.isInteger(number) || number < least || number > most)
      throw new UsageError(`${option}: "${item}" is not a whole number from ${least} to ${most}`);
    return number;
  });
}

function fileName(name: string): string {
  if (!/^[\w.-]+$/.test(name)) throw new UsageError(`--name: "${name}" is not a file name`);
  return name;
}
