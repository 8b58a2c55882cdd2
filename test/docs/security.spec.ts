import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { configClasses } from '../../src/config/config-classes.js';

const document = readFileSync('docs/security.md', 'utf8');
const rows = document
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter((cells) => cells.length === 5 && cells[3]!.startsWith('`'));

describe('every threat of docs/security.md', () => {
  it('is there', () => {
    expect(rows.length).toBeGreaterThan(40);
  });

  it.each(rows.map((cells) => [cells[1]!, cells[3]!]))('has a test: %s', (_, cell) => {
    const [, file, title] = /^`([^`]+)`: (.+)$/.exec(cell)!;
    const found = ['test', 'src'].map((folder) => path.join(folder, file!)).find((candidate) => existsSync(candidate));
    expect(found).toBeDefined();
    // Titles may be broken over lines or quoted in either way.
    expect(readFileSync(found!, 'utf8').replaceAll(/\s+/g, ' ')).toContain(title);
  });
});

it('every setting that docs/security.md names is one', () => {
  const known = new Set(configClasses.flatMap(({ settings }) => Object.values(settings).map(({ env }) => env)));
  const named = [...document.matchAll(/^([A-Z][A-Z_]+)=/gm), ...document.matchAll(/`([A-Z][A-Z]+_[A-Z_]+)`/g)];
  expect(named.length).toBeGreaterThan(15);
  for (const [, name] of named) expect([name, known.has(name!) || name === 'NODE_ENV']).toEqual([name, true]);
});
