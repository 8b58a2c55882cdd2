import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const rows = readFileSync('docs/reliability.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .slice(2)
  .map((line) => line.split('|').map((cell) => cell.trim()));

describe('every row of docs/reliability.md', () => {
  it('is there', () => {
    expect(rows.length).toBeGreaterThan(25);
  });

  it.each(rows.map((cells) => [`${cells[1]}: ${cells[2]}`, cells[6]!]))('is a test: %s', (_, cell) => {
    const [, file, title] = /^`([^`]+)`(?:: (.+))?$/.exec(cell)!;
    const found = ['test', 'src'].map((folder) => path.join(folder, file!)).find((candidate) => existsSync(candidate));
    expect(found).toBeDefined();
    // Titles may be broken over lines or quoted in either way.
    const text = readFileSync(found!, 'utf8').replaceAll(/\s+/g, ' ');
    expect(text).toContain(title ?? "it('");
  });
});
