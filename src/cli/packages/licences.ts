import { z } from 'zod';
import type { PackagesFile } from './packages-file.js';

/** What of a lock file says under which licence each package is. */
export const lockFile = z.object({
  packages: z.record(
    z.string(),
    z.object({ license: z.string().optional(), dev: z.boolean().optional(), link: z.boolean().optional() }),
  ),
});

const UNKNOWN = 'unknown';

/** One sentence for each package whose licence nobody has allowed, and for each exception that nothing needs. */
export function licenceProblems(
  { packages }: z.output<typeof lockFile>,
  { allowed, allowed_for_development: forDevelopment, exceptions }: PackagesFile['licences'],
): string[] {
  const problems: string[] = [];
  const needed = new Set<string>();
  for (const [place, { license = UNKNOWN, dev = false, link = false }] of Object.entries(packages)) {
    if (place === '' || link) continue;
    const name = place.split('node_modules/').at(-1)!;
    if (isAllowed(license, new Set(dev ? [...allowed, ...forDevelopment] : allowed))) continue;
    const exception = exceptions.find((one) => one.package === name && one.licence === license);
    if (exception) needed.add(exception.package);
    else problems.push(`${name} is under "${license}", which config/packages.yaml does not allow`);
  }
  for (const { package: name } of exceptions)
    if (!needed.has(name)) problems.push(`config/packages.yaml: nothing needs the exception for ${name} any more`);
  return [...new Set(problems)];
}

/** An SPDX expression: of those that are joined by OR one must be allowed, of those joined by AND all. */
function isAllowed(expression: string, allowed: ReadonlySet<string>): boolean {
  const plain = expression.replaceAll(/[()]/g, '');
  return plain.split(' OR ').some((choice) => choice.split(' AND ').every((id) => allowed.has(id.trim())));
}
