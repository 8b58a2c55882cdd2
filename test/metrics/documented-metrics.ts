import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../src/config/package-root.js';

export interface Documented {
  /** OpenTelemetry's. */
  readonly instrument: string;
  /** As Prometheus has it, without the ends of counters and histograms. */
  readonly name: string;
  readonly kind: string;
  readonly unit: string;
  /** As Prometheus has them. */
  readonly labels: readonly string[];
}

export const underscored = (name: string): string => name.replaceAll('.', '_');

/** The rows of the tables of docs/metrics.md. */
export const documentedMetrics: readonly Documented[] = readFileSync(
  path.join(packageRoot, 'docs', 'metrics.md'),
  'utf8',
)
  .split('\n')
  .flatMap((line) => {
    const [instrument, kind, unit, labels] = line
      .split('|')
      .slice(1)
      .map((cell) => cell.trim());
    const [, name] = /^`([a-z0-9_.]+)`$/.exec(instrument ?? '') ?? [];
    if (name === undefined || labels === undefined) return [];
    const named = [...labels.matchAll(/`([^`]+)`/g)].map(([, label]) => underscored(label!));
    return [{ instrument: name, name: underscored(name), kind: kind!, unit: unit!, labels: named }];
  });
