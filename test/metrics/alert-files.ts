import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { packageRoot } from '../../src/config/package-root.js';

const folder = path.join(packageRoot, 'helm', 'parley', 'alerts');

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<'summary' | 'description' | 'runbook_url', string>>;
}

/** Absolute. */
export const alertFiles: readonly string[] = readdirSync(folder)
  .sort()
  .map((name) => path.join(folder, name));

export function alertsOf(file: string): readonly AlertRule[] {
  const { groups } = parse(readFileSync(file, 'utf8')) as { groups: readonly { rules: readonly AlertRule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}
