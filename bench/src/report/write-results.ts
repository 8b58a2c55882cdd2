import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import os from 'node:os';
import { ROOT } from '../run/rows.ts';
import type { Section } from '../scenarios/scenario.ts';
import { chartSvg } from './chart.ts';
import type { Machine } from './machine.ts';
import { markdownTable, roundTripText } from './table.ts';

export interface Results {
  readonly machine: Machine;
  readonly sections: readonly Section[];
  /** What could not be measured, and why. */
  readonly failures: readonly string[];
  /** False while the run is under way, or when it was broken off. */
  readonly complete: boolean;
}

/** Overwrites `<name>.{md,json,svg}`; returns their paths, relative to the root. */
export function writeResults(name: string, results: Results): string[] {
  const folder = path.join(ROOT, 'bench/results');
  mkdirSync(folder, { recursive: true });
  const write = (extension: string, content: string): string => {
    writeFileSync(path.join(folder, `${name}.${extension}`), content);
    return `bench/results/${name}.${extension}`;
  };
  const loadAfter = os.loadavg().map((load) => Math.round(load * 100) / 100);
  const files = [
    write('md', markdown(name, results)),
    write('json', `${JSON.stringify({ ...results, machine: { ...results.machine, loadAfter } }, null, 2)}\n`),
  ];
  const svg = costChart(results.sections);
  return svg ? [...files, write('svg', svg)] : files;
}

/** CPU per call as calls grow, of the first section that has more than one number of calls. */
export function costChart(sections: readonly Section[]): string | null {
  const section = sections.find(({ figures }) => new Set(figures.map(({ calls }) => calls)).size > 1);
  if (!section) return null;
  const labels = [...new Set(section.figures.map(({ row }) => row))];
  return chartSvg({
    title: `${section.title}: cost of a call as calls grow`,
    xLabel: 'calls at the same time',
    yLabel: 'CPU per call, % of one core',
    series: labels.map((label) => ({
      label,
      points: section.figures
        .filter(({ row }) => row === label)
        .flatMap(({ calls, cpuPercentPerCall: y }) => (y === null ? [] : [{ x: calls, y }])),
    })),
  });
}

function markdown(name: string, { machine, sections, failures, complete }: Results): string {
  const lines = [
    '# Bench results',
    '',
    ...(complete ? [] : ['**This run was not finished.**', '']),
    `\`${machine.command}\`, ${machine.startedAt.slice(0, 16).replace('T', ' ')} UTC. How to read it: [bench/README.md](../README.md).`,
    '',
    `- ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.system}, Node ${machine.node}; ${machine.pinned}`,
    `- load average before the run ${machine.loadBefore.join(', ')}`,
    `- ${Object.entries(machine.versions)
      .map(([what, version]) => `${what} ${version}`)
      .join(', ')}`,
    '',
  ];
  for (const { title, about, figures, facts } of sections) {
    lines.push(`## ${title}`, '', about, '', markdownTable(figures), '');
    const said = [...facts, ...roundTripText(figures)];
    if (said.length > 0) lines.push(...said.map((fact) => `- ${fact}`), '');
  }
  if (costChart(sections)) lines.push(`![CPU per call as calls grow](${name}.svg)`, '');
  if (failures.length > 0) lines.push('## Not measured', '', ...failures.map((failure) => `- ${failure}`), '');
  return lines.join('\n');
}
