import { parseArgs } from 'node:util';
import { UsageError } from '../options.ts';

export interface SoakOptions {
  readonly help: boolean;
  readonly durationMs: number;
  readonly seed: number;
  /** About how many callers there are at a time. */
  readonly calls: number;
}

export const SOAK_USAGE = `Usage: npm run soak -- --minutes 10

Calls come and go at random, over the native WebSocket and over Twilio's: polite ones and ones that vanish, send garbage or
do not read, to providers that fail and hang. In between and at the end all of them go, and then nothing may be left of
them. Exit code 0 when that is so and memory has not grown.

  --minutes 10   how long
  --seconds 60   the same
  --calls 40     about how many callers at a time
  --seed 1       same seed, same callers
  --help`;

const LEAST_MS = 30_000;

export function parseSoakOptions(args: readonly string[]): SoakOptions {
  const text = { type: 'string' } as const;
  let values;
  try {
    values = parseArgs({
      args: [...args],
      options: { help: { type: 'boolean', short: 'h' }, minutes: text, seconds: text, calls: text, seed: text },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.minutes !== undefined && values.seconds !== undefined)
    throw new UsageError('either --minutes or --seconds');
  const durationMs =
    values.seconds === undefined
      ? number('--minutes', values.minutes ?? '10', 24 * 60) * 60_000
      : number('--seconds', values.seconds, 24 * 3600) * 1000;
  if (durationMs < LEAST_MS) throw new UsageError(`a soak of less than ${LEAST_MS / 1000} s shows nothing`);
  return {
    help: values.help ?? false,
    durationMs,
    seed: Math.floor(number('--seed', values.seed ?? '1', 2 ** 31)),
    calls: Math.floor(number('--calls', values.calls ?? '40', 1000)),
  };
}

function number(option: string, text: string, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value) || value <= 0 || value > most)
    throw new UsageError(`${option}: "${text}" is not a number above 0 and up to ${most}`);
  return value;
}
