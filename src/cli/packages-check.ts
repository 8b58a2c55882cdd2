import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../config/package-root.js';
import { messageOf } from '../kernel/errors.js';
import { counted } from './counted.js';
import { advisoryProblems, auditReport, whyNone } from './packages/advisories.js';
import { type Bill, shippedOf } from './packages/bill-of-materials.js';
import { licenceProblems, lockFile } from './packages/licences.js';
import { readPackagesFile } from './packages/packages-file.js';

const usage = `Usage: npm run packages:check [-- --sbom <file>] [--offline]

Whether every package of package-lock.json has a licence that config/packages.yaml allows, and none that comes with the
product a known vulnerability that nobody has looked at (npm audit). --sbom also writes a bill of materials (CycloneDX,
JSON) of what comes with the product. --offline does not ask the registry for vulnerabilities.
Exits 1 if something is wrong, 3 if the registry could not be asked: then ask again, or elsewhere
(npm_config_registry); licences alone are looked at with --offline.`;

const MOST_OUTPUT_BYTES = 64 * 1_048_576;
const NOT_ASKED = 3;
const NO_ANSWER_ADVICE =
  'Ask again later, or a registry that answers audits (npm_config_registry=…); --offline looks at licences only, and exits 0.';

/** `npm run packages:check` */
export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { sbom: { type: 'string' }, offline: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return say(usage, 0);
  const policy = readPackagesFile(path.join(packageRoot, 'config', 'packages.yaml'));
  const lock = lockFile.parse(JSON.parse(await readFile(path.join(packageRoot, 'package-lock.json'), 'utf8')));
  const problems = licenceProblems(lock, policy.licences);
  say(`licences of ${Object.keys(lock.packages).length - 1} packages: ${verdict(problems)}`, 0);
  if (values.sbom) {
    const bill = shippedOf(JSON.parse(await npm('sbom', '--sbom-format=cyclonedx', '--package-lock-only')) as Bill);
    await writeFile(values.sbom, `${JSON.stringify(bill, null, 2)}\n`);
    say(`${values.sbom}: ${bill.components.length} components`, 0);
  }
  if (values.offline) return problems.length > 0 ? 1 : 0;
  const said = parsed(await npm('audit', '--json'));
  const answer = auditReport.safeParse(said);
  if (!answer.success) {
    say(`WARNING: vulnerabilities were NOT looked for: npm audit ${whyNone(said)}.\n${NO_ANSWER_ADVICE}`, 0);
    return problems.length > 0 ? 1 : NOT_ASKED;
  }
  const today = new Date().toISOString().slice(0, 10);
  const isShipped = (place: string): boolean => lock.packages[place]?.dev !== true;
  const known = advisoryProblems(answer.data, policy.advisories, today, isShipped);
  say(`vulnerabilities of what comes with the product: ${verdict(known)}`, 0);
  return problems.length + known.length > 0 ? 1 : 0;
}

function verdict(problems: readonly string[]): string {
  return problems.length === 0
    ? 'as they should be'
    : `${counted(problems.length, 'problem')}\n  ${problems.join('\n  ')}`;
}

function say(text: string, exitCode: number): number {
  process.stdout.write(`${text}\n`);
  return exitCode;
}

/** What it prints, also where it exits with an error: that is how `npm audit` says that it has found something. */
function npm(...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('npm', args, { cwd: packageRoot, env: process.env, maxBuffer: MOST_OUTPUT_BYTES }, (error, output) => {
      if (output === '' && error) reject(new Error(`npm ${args[0]}: ${messageOf(error)}`));
      else resolve(output);
    });
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
