import { afterAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { recordLog } from '../../support/replicas.js';
import { mutated } from './mutated.js';
import { quotesNothing } from './rules.js';
import { fuzzTargets } from './targets.js';

/** In all; `npm run fuzz -- --inputs N` asks for more. */
const INPUTS = Number(process.env['PARLEY_FUZZ_INPUTS'] ?? 20_000);
const SEED = Number(process.env['PARLEY_FUZZ_SEED'] ?? Date.now() % 1_000_000);
const MOST_MS = 1_200_000;

const lines = recordLog();
const folder = mkdtempSync(path.join(tmpdir(), 'parley-fuzz-'));
const targets = fuzzTargets(folder);
const shares = targets.reduce((sum, { share }) => sum + share, 0);
const report: { name: string; inputs: number; taken: number; slowestMs: number; seconds: number }[] = [];

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  const file = process.env['PARLEY_FUZZ_REPORT'];
  if (file)
    writeFileSync(
      file,
      JSON.stringify({ seed: SEED, inputs: report.reduce((sum, row) => sum + row.inputs, 0), report }),
    );
});

describe('parsers of what comes from outside', () => {
  it.each(targets.map((target) => [target.name, target] as const))(
    'never break: %s',
    async (name, { seeds, share, ...target }) => {
      const wanted = Math.ceil((INPUTS * share) / shares);
      const row = { name, inputs: 0, taken: 0, slowestMs: 0, seconds: 0 };
      const startedAt = performance.now();
      await fc.assert(
        fc.asyncProperty(mutated(seeds), async (input) => {
          const from = performance.now();
          row.inputs++;
          if (await target.run(input)) row.taken++;
          for (const line of lines.splice(0)) quotesNothing(line, input);
          row.slowestMs = Math.max(row.slowestMs, performance.now() - from);
        }),
        { numRuns: wanted, seed: SEED },
      );
      row.seconds = (performance.now() - startedAt) / 1000;
      report.push(row);
      expect(row.inputs).toBe(wanted);
      // Else it has only seen the first check of each parser.
      expect([name, row.taken > wanted / 100]).toEqual([name, true]);
    },
    MOST_MS,
  );
});
