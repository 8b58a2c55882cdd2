import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { z } from 'zod';
import { type ApiKeyEntry, createApiKey } from '../auth/api-keys.js';
import { roles } from '../auth/principal.js';

const usage = `Usage: npm run keys -- --id <name> --tenant <tenant> --role <${roles.join('|')}> [--expires <date>]

Makes an API key. The key itself is shown once and kept nowhere; the entry, with its hash, goes into the file that
API_KEYS_FILE names, below "keys:". A running server notices the change.

  --id       what the log calls it: up to 64 letters, digits, ".", "_" and "-"
  --tenant   whose it is; who uses the key sees and does nothing of other tenants
  --role     caller:     hold conversations
             integrator: also make browser tokens for callers, and place calls
             operator:   also see and end the tenant's sessions, and look at the server
             admin:      the same for all tenants
  --expires  such as 2027-12-31T00:00:00Z; without it the key lasts until it is removed`;

/** `npm run keys` */
export function main(args: string[]): Promise<number> {
  const { values, problem } = read(args);
  if (values?.help) return say(usage, 0);
  if (!values) return say(`${problem}\n\n${usage}`, 2);
  try {
    const { key, entry } = createApiKey(values as unknown as ApiKeyEntry);
    const entryText = stringify({ keys: [entry] }).trimEnd();
    return say(`The key, shown this once:\n\n  ${key}\n\nIts entry in API_KEYS_FILE:\n\n${entryText}`, 0);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const problems = error.issues.map((issue) => `--${issue.path.join('.')}: ${issue.message}`);
    return say(`${problems.join('\n')}\n\n${usage}`, 2);
  }
}

function say(text: string, exitCode: number): Promise<number> {
  (exitCode === 0 ? process.stdout : process.stderr).write(`${text}\n`);
  return Promise.resolve(exitCode);
}

function read(args: string[]) {
  const option = { type: 'string' } as const;
  const options = {
    id: option,
    tenant: option,
    role: option,
    expires: option,
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    const { values } = parseArgs({ args, options });
    return { values };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}
