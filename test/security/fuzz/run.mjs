// npm run fuzz: feeds the parsers of what comes from outside, and says what came of it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

const usage = `Usage: npm run fuzz [-- --inputs 1000000] [--seed N]

Feeds parsers of what comes from outside (docs/security.md lists them) with what is nearly right. Exits 1, with the input, if one breaks.`;

const option = { type: 'string' };
const { values } = parseArgs({ options: { inputs: option, seed: option, help: { type: 'boolean', short: 'h' } } });
const inputs = Number(values.inputs ?? 1_000_000);
if (values.help || !Number.isInteger(inputs) || inputs < 1) {
  console.log(usage);
  process.exit(values.help ? 0 : 2);
}

const folder = mkdtempSync(path.join(tmpdir(), 'parley-fuzz-'));
const report = path.join(folder, 'report.json');
const startedAt = performance.now();
const jest = ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
const { status } = spawnSync(process.execPath, [...jest, 'test/security/fuzz'], {
  stdio: ['ignore', 'ignore', 'inherit'],
  env: {
    ...process.env,
    PARLEY_FUZZ_INPUTS: String(inputs),
    PARLEY_FUZZ_REPORT: report,
    ...(values.seed !== undefined && { PARLEY_FUZZ_SEED: values.seed }),
  },
});
const { seed, report: rows } = JSON.parse(readFileSync(report, 'utf8'));
rmSync(folder, { recursive: true });
console.log('parser'.padEnd(42), 'inputs'.padStart(9), 'taken'.padStart(9), 'slowest ms'.padStart(11), 's'.padStart(7));
for (const { name, inputs: count, taken, slowestMs, seconds } of rows) {
  const figures = [String(count).padStart(9), String(taken).padStart(9), slowestMs.toFixed(1).padStart(11)];
  console.log(name.padEnd(42), ...figures, seconds.toFixed(1).padStart(7));
}
const total = rows.reduce((sum, row) => sum + row.inputs, 0);
const took = ((performance.now() - startedAt) / 1000).toFixed(0);
console.log(
  `${total} inputs in ${took} s, seed ${seed}: ${status === 0 ? 'nothing broke' : 'SOMETHING BROKE, see above'}`,
);
process.exitCode = status === 0 ? 0 : 1;
