import { describe, expect, it } from '@jest/globals';
import { dashboards } from './dashboards.js';

describe.each(dashboards.map((board) => [board.title, board] as const))('%s', (_, board) => {
  const panels = board.panels.filter(({ type }) => type !== 'row');

  it('asks the data source that is chosen, about what is chosen', () => {
    expect(board.templating.list.map(({ name }) => name)).toEqual(['datasource', 'namespace', 'job']);
    expect(panels.filter(({ datasource }) => datasource?.uid !== '${datasource}')).toEqual([]);
    const asked = board.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    expect(asked.filter((expr) => !/namespace=~"\$namespace", job=~"\$job"/.test(expr))).toEqual([]);
  });

  it('has a name for each panel, and a place where there is no other', () => {
    expect(panels.every(({ title }) => title !== '')).toBe(true);
    expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length);
    const cells = board.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (__, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(board.panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });

  it('shows something in each panel', () => {
    expect(panels.filter(({ targets = [] }) => targets.length === 0)).toEqual([]);
  });
});

it('dashboards are those that are documented, each with an address of its own', () => {
  expect(dashboards.map(({ uid }) => uid)).toEqual([
    'parley-calls',
    'parley-latency',
    'parley-overload',
    'parley-post-call',
    'parley-providers',
  ]);
});
