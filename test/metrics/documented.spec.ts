import { expect, it } from '@jest/globals';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../src/config/package-root.js';
import { documentedMetrics } from './documented-metrics.js';

const INSTRUMENT =
  /\b(?:create(?:Counter|UpDownCounter|Histogram|Gauge|Observable\w+)|gauge|counter|histogram)\(\s*'([^']+)'/g;

/** Every instrument that some line of ours makes. */
function made(): string[] {
  const files = globSync('src/**/*.ts', { cwd: packageRoot }).filter((file) => !file.endsWith('.spec.ts'));
  const texts = files.map((file) => readFileSync(path.join(packageRoot, file), 'utf8'));
  const names = texts
    .filter((text) => text.includes('getMeter('))
    .flatMap((text) => [...text.matchAll(INSTRUMENT)].map(([, name]) => name!));
  return [...new Set(names)].sort();
}

it('docs/metrics.md has every instrument there is, and no other', () => {
  expect(documentedMetrics.map(({ instrument }) => instrument).sort()).toEqual(made());
});
