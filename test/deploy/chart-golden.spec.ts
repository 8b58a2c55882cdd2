import { expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { describeWithHelm, render } from './helm.js';
import { matrix } from './values.js';

const GOLDEN = path.resolve('test/deploy/golden');

/** What other people's files say, which change without the chart. */
const notOurs = new Set(['PrometheusRule']);

/** The objects one after the other, in an order that does not depend on helm's. */
function written(name: string): string {
  const objects = render(matrix[name]).objects.filter(
    ({ kind, metadata }) => !notOurs.has(kind) && !metadata.name.includes('-dashboard-'),
  );
  return objects
    .map((object) => stringify(object, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false }))
    .sort()
    .join('---\n');
}

describeWithHelm('what the chart makes has not changed unseen', () => {
  // PARLEY_GOLDEN=write npm test -- test/deploy writes these files anew; look at the difference before you commit it.
  it.each(Object.keys(matrix))('%s', (name) => {
    const file = path.join(GOLDEN, `${name.replaceAll(/\W+/g, '-')}.golden`);
    if (process.env['PARLEY_GOLDEN'] === 'write') writeFileSync(file, written(name));
    expect(written(name)).toBe(readFileSync(file, 'utf8'));
  });
});
