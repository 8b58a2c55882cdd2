import { Logger } from '@nestjs/common';
import { parseArgs } from 'node:util';
import { SystemClock } from '../kernel/clock.js';
import { ParleyError, messageOf } from '../kernel/errors.js';
import { AREAS, type Area, isArea } from './doctor/areas.js';
import { type Diagnosis, diagnose } from './doctor/diagnose.js';
import { reportOf } from './doctor/report.js';

const HELP = `Usage: npm run doctor [-- [<area>…] [--json]]

Looks at everything that a server with this environment needs, for real and all at once: Redis is connected to, each
model makes a token, each voice says a sentence and each recogniser understands it, a conversation and a file are
written and deleted, tool servers, token issuers, receivers of webhooks, the pusher and the collector are reached,
certificates read, clocks compared. Says what is wrong, which setting it has to do with, and what to do. Secrets are
masked. A database, container or folder that is missing is made, as the server does at its start. What needs a setting that
is not valid is skipped.

Run it where the server runs, with its environment, also beside a server that runs:
  kubectl exec deploy/parley-voice -- node dist/cli/main.js doctor

Exits 0 when nothing is wrong (there may be warnings), 1 when something is, 2 when it was called wrongly.

  <area>   look at these only: ${AREAS.join(', ')}
  --json   the same for programs
`;

const EXIT_MS = 2000;
const OPTIONS = {
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false, short: 'h' },
} as const;

/** `npm run doctor` */
export async function main(args: string[]): Promise<number> {
  let json: boolean;
  let areas: readonly Area[];
  try {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    if (values.help) {
      process.stdout.write(HELP);
      return 0;
    }
    ({ json } = values);
    const strange = positionals.find((name) => !isArea(name));
    if (strange !== undefined) throw new ParleyError('invalid_parameter', `There is no area "${strange}"`);
    areas = positionals.length > 0 ? positionals.filter(isArea) : AREAS;
  } catch (error) {
    process.stderr.write(`${messageOf(error).split('. ')[0]}\n\n${HELP}`);
    return 2;
  }
  // Drivers would log what is reported anyway.
  Logger.overrideLogger(false);
  const diagnosis = await diagnose(process.env, new SystemClock(), areas);
  process.stdout.write(json ? `${JSON.stringify(forPrograms(diagnosis), null, 2)}\n` : reportOf(diagnosis));
  // What was given up may hang for ever.
  setTimeout(() => process.exit(), EXIT_MS).unref();
  return diagnosis.problems > 0 ? 1 : 0;
}

function forPrograms({ examined, notConfigured, problems, warnings, durationMs }: Diagnosis): object {
  return {
    healthy: problems === 0,
    problems,
    warnings,
    duration_ms: durationMs,
    not_configured: notConfigured,
    checks: examined.map(({ about, durationMs: duration_ms, findings }) => ({ about, duration_ms, findings })),
  };
}
