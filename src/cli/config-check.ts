import { loadConfig } from '../config/load.js';
import { isSet, NOT_SET, showValue } from '../config/show-value.js';
import { messageOf } from '../kernel/errors.js';
import { checkNamedFiles } from '../named-files.js';
import { AskedEnvironment } from './doctor/asked-environment.js';
import { unknownNames } from './doctor/unknown-names.js';

const HELP = `Usage: npm run config:check [-- --json]

Prints the effective configuration, each setting with where it comes from; secrets are masked, and what is
not set is ${NOT_SET} (null with --json).
Exits 1, with every problem listed, if it is not valid. Variables that look like settings and are none are warned of on
standard error; they do not count.
`;

/** `npm run config:check` */
export function main(args: readonly string[]): Promise<number> {
  const unknown = args.find((arg) => !['--help', '--json'].includes(arg));
  if (unknown) process.stderr.write(`Unknown option "${unknown}"\n\n`);
  if (unknown || args.includes('--help')) {
    process.stdout.write(HELP);
    return Promise.resolve(unknown ? 2 : 0);
  }
  const environment = new AskedEnvironment(process.env);
  try {
    const config = loadConfig(environment.variables);
    checkNamedFiles(config);
    const { settings } = config;
    const rows = settings.map(({ section, setting, value, origin }) => ({
      section,
      variable: setting.env,
      value: shown(value, setting.secret),
      origin,
    }));
    if (args.includes('--json')) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    else print(rows);
    return Promise.resolve(0);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return Promise.resolve(1);
  } finally {
    for (const { says, advice } of unknownNames(process.env, environment.asked))
      process.stderr.write(`WARNING: ${says}${/[.?]$/.test(says) ? '' : '.'} ${advice}\n`);
  }
}

function print(rows: readonly { section: string; variable: string; value: unknown; origin: string }[]): void {
  const width = Math.max(...rows.map((row) => row.variable.length));
  let section = '';
  for (const row of rows) {
    if (row.section !== section) process.stdout.write(`\n${row.section}\n`);
    section = row.section;
    process.stdout.write(`  ${row.variable.padEnd(width)}  ${showValue(row.value).padEnd(24)} ${row.origin}\n`);
  }
}

/** Whether there is a secret, and how many there are, is none. */
function shown(value: unknown, isSecret: boolean): unknown {
  if (!isSet(value)) return null;
  if (!isSecret) return value;
  return Array.isArray(value) ? value.map(() => '********') : '********';
}
