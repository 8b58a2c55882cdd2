import { z } from 'zod';
import { type PackagesFile, isAtLeast } from './packages-file.js';

const severity = z.enum(['info', 'low', 'moderate', 'high', 'critical']);

/** What of the answer of `npm audit --json` matters. */
export const auditReport = z.object({
  vulnerabilities: z.record(
    z.string(),
    z.object({
      /** Where it is in the lock file. */
      nodes: z.array(z.string()),
      /** A name is that of another package of the report. */
      via: z.array(
        z.union([z.string(), z.object({ url: z.string(), title: z.string(), severity, range: z.string() })]),
      ),
    }),
  ),
});

/** What `npm audit --json` prints where there is no report: the registry's answer, or how far it came. */
const noReport = z.looseObject({
  statusCode: z.int().optional(),
  message: z.string().optional(),
  error: z.looseObject({ code: z.string().optional(), summary: z.string().optional() }).optional(),
});
const WITHOUT_AUDITS = new Set([404, 405, 501]);

/** Why there is no report, as the rest of a sentence that begins with `npm audit`; no address of the registry is in it. */
export function whyNone(said: unknown): string {
  const { statusCode, message, error } = noReport.safeParse(said).data ?? {};
  if (statusCode !== undefined)
    return `was answered with ${statusCode}${WITHOUT_AUDITS.has(statusCode) ? ': this registry answers no audits' : ''}`;
  const reason = error?.code ?? /\bE[A-Z]{4,}\b/.exec(`${error?.summary} ${message}`)?.[0];
  return reason === undefined ? 'gave no report' : `did not reach the registry (${reason})`;
}

/**
 * One sentence for each advisory that nobody has looked at, and for each exception that is over or not needed.
 * @param today YYYY-MM-DD @param isShipped whether a place of the lock file comes with the product
 */
export function advisoryProblems(
  { vulnerabilities }: z.output<typeof auditReport>,
  { from, exceptions }: PackagesFile['advisories'],
  today: string,
  isShipped: (place: string) => boolean,
): string[] {
  const problems = new Set<string>();
  const needed = new Set<string>();
  for (const [name, { via, nodes }] of Object.entries(vulnerabilities)) {
    if (!nodes.some(isShipped)) continue;
    for (const advisory of via) {
      if (typeof advisory === 'string' || !isAtLeast(advisory.severity, from)) continue;
      const id = advisory.url.split('/').at(-1)!;
      const exception = exceptions.find((one) => one.id === id);
      if (exception) needed.add(id);
      if (exception && exception.until >= today) continue;
      const over = exception ? `; its exception ended on ${exception.until}` : '';
      problems.add(`${name} ${advisory.range}: ${advisory.severity}: ${advisory.title} (${id})${over}`);
    }
  }
  for (const { id } of exceptions)
    if (!needed.has(id)) problems.add(`config/packages.yaml: nothing needs the exception for ${id} any more`);
  return [...problems];
}
