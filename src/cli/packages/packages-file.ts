import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const severities = ['info', 'low', 'moderate', 'high', 'critical'] as const;
const date = z.iso.date();

/** `config/packages.yaml`: what may come with the product. */
export const packagesFile = z.strictObject({
  licences: z.strictObject({
    /** SPDX ids. */
    allowed: z.array(z.string()),
    allowed_for_development: z.array(z.string()),
    exceptions: z.array(
      z.strictObject({ package: z.string(), licence: z.string(), reason: z.string().min(10), reviewed: date }),
    ),
  }),
  advisories: z.strictObject({
    from: z.enum(severities),
    exceptions: z.array(z.strictObject({ id: z.string(), reason: z.string().min(10), until: date })),
  }),
});

export type PackagesFile = z.output<typeof packagesFile>;
export type Severity = (typeof severities)[number];

export function isAtLeast(severity: Severity, least: Severity): boolean {
  return severities.indexOf(severity) >= severities.indexOf(least);
}

/** Throws what is wrong with it. */
export function readPackagesFile(file: string): PackagesFile {
  const parsed = packagesFile.safeParse(parse(readFileSync(file, 'utf8')));
  if (parsed.success) return parsed.data;
  throw new Error(
    `${file}: ${parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`,
  );
}
