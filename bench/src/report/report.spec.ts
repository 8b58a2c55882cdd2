import { describe, expect, it } from '@jest/globals';
import { noCounts } from '../load/measurements.ts';
import type { Figures } from '../run/figures.ts';
import { chartSvg, niceStep } from './chart.ts';
import { markdownTable, textTable } from './table.ts';
import { costChart } from './write-results.ts';

const figures: Figures = {
  row: 'a server',
  rate: 8000,
  scenario: 'talking',
  calls: 10,
  open: 10,
  voiceToVoice: { count: 40, p50: 44.4, p95: 60, p99: 100.4, max: 110 },
  bargeIn: null,
  gap: { count: 400, p50: -0.04, p95: 1, p99: 2.3, max: 3 },
  roundTrip: null,
  counts: noCounts(),
  framesDropped: 0,
  cpuPercent: 7.4,
  idleCpuPercent: 0.6,
  cpuPercentPerCall: 0.74,
  memoryBaseMb: 120.3,
  memoryPerCallMb: 0.5,
  loopDelayP99Ms: 1.2,
  loopDelayMaxMs: 4,
  startUpMs: 810,
  windowMs: 10_000,
  load: { cpuPercent: 10, latenessP99Ms: 1, processes: 1 },
  closed: {},
  notes: [],
};

describe('table', () => {
  it('has aligned columns, and none that is empty everywhere', () => {
    const [head, first, second] = textTable([figures, { ...figures, calls: 100 }]).split('\n');
    expect(head).not.toContain('barge-in');
    expect(head).not.toContain('notes');
    expect(first).toHaveLength(second!.length);
    expect(first).toContain('44 / 60 / 100');
    expect(first).toContain('-0.0 / 2.3');
  });

  it('is a Markdown table with as many cells in every line', () => {
    const cells = markdownTable([figures, { ...figures, notes: ['2 turns unanswered'] }])
      .split('\n')
      .map((line) => line.split('|').length);
    expect(new Set(cells).size).toBe(1);
    expect(cells).toHaveLength(4);
  });
});

describe('chart', () => {
  it.each([
    [0, 1],
    [0.07, 0.1],
    [0.2, 0.2],
    [3, 5],
    [60, 100],
  ])('a step of at least %d is %d', (least, step) => {
    expect(niceStep(least)).toBeCloseTo(step);
  });

  it('draws one line per series, inside the picture', () => {
    const svg = chartSvg({
      title: 'a < b',
      xLabel: 'x',
      yLabel: 'y',
      series: [
        {
          label: 'one',
          points: [
            { x: 1, y: 0.5 },
            { x: 10, y: 2.4 },
          ],
        },
        { label: 'two', points: [{ x: 10, y: 2.4 }] },
        { label: 'none', points: [] },
      ],
    });
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(svg).toContain('a &lt; b');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    const ys = [...svg.matchAll(/cy="([\d.-]+)"/g)].map(([, y]) => Number(y));
    expect(ys).toHaveLength(3);
    for (const y of ys) {
      expect(y).toBeGreaterThan(50);
      expect(y).toBeLessThan(350);
    }
  });

  it('is of the first section that has more than one number of calls', () => {
    const section = (title: string, calls: readonly number[]) => ({
      title,
      about: '',
      facts: [],
      figures: calls.map((count) => ({ ...figures, calls: count })),
    });
    expect(costChart([section('one', [10])])).toBeNull();
    expect(costChart([section('one', [10]), section('two', [1, 10])])).toContain('two: cost of a call');
  });
});
