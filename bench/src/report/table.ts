import type { Percentiles } from '../load/samples.ts';
import type { Figures } from '../run/figures.ts';

interface Column {
  readonly head: string;
  readonly cell: (figures: Figures) => string;
  readonly left?: boolean;
}

const NONE = '–';

const ms = (value: number): string => value.toFixed(Math.abs(value) < 9.95 ? 1 : 0);
const percentiles = (of: Percentiles | null, ...names: ('p50' | 'p95' | 'p99')[]): string =>
  of ? names.map((name) => ms(of[name])).join(' / ') : NONE;

export const COLUMNS: readonly Column[] = [
  { head: 'server', cell: ({ row }) => row, left: true },
  { head: 'scenario', cell: ({ scenario }) => scenario, left: true },
  { head: 'calls', cell: ({ calls }) => String(calls) },
  { head: 'turns', cell: ({ voiceToVoice }) => (voiceToVoice ? String(voiceToVoice.count) : NONE) },
  { head: 'voice-to-voice p50/95/99 ms', cell: ({ voiceToVoice }) => percentiles(voiceToVoice, 'p50', 'p95', 'p99') },
  { head: 'barge-in p50/99 ms', cell: ({ bargeIn }) => percentiles(bargeIn, 'p50', 'p99') },
  { head: 'gap p50/99 ms', cell: ({ gap }) => percentiles(gap, 'p50', 'p99') },
  { head: 'dropped', cell: ({ framesDropped }) => String(framesDropped ?? NONE) },
  { head: 'CPU % per call', cell: ({ cpuPercentPerCall }) => cpuPercentPerCall?.toFixed(2) ?? NONE },
  { head: 'core %', cell: ({ cpuPercent }) => cpuPercent.toFixed(0) },
  { head: 'idle core %', cell: ({ idleCpuPercent }) => idleCpuPercent.toFixed(1) },
  { head: 'MB base', cell: ({ memoryBaseMb }) => memoryBaseMb.toFixed(0) },
  { head: 'MB per call', cell: ({ memoryPerCallMb }) => memoryPerCallMb?.toFixed(2) ?? NONE },
  { head: 'loop p99 ms', cell: ({ loopDelayP99Ms }) => ms(loopDelayP99Ms) },
  { head: 'start-up ms', cell: ({ startUpMs }) => startUpMs.toFixed(0) },
  { head: 'notes', cell: ({ notes }) => notes.join(', '), left: true },
];

/** For a terminal: padded columns, without those that say nothing here. */
export function textTable(figures: readonly Figures[]): string {
  const columns = COLUMNS.filter(({ cell }) => figures.some((line) => !['', NONE].includes(cell(line))));
  const rows = [columns.map(({ head }) => head), ...figures.map((line) => columns.map(({ cell }) => cell(line)))];
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((text, i) => (columns[i]!.left ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join('  ');
  return rows.map((row) => line(row).trimEnd()).join('\n');
}

export function markdownTable(figures: readonly Figures[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    row(COLUMNS.map(({ head }) => head)),
    row(COLUMNS.map(({ left }) => (left ? ':--' : '--:'))),
    ...figures.map((line) => row(COLUMNS.map(({ cell }) => cell(line)))),
  ].join('\n');
}

/** What an echoing server's line means, which has no turns. */
export function roundTripText(figures: readonly Figures[]): string[] {
  return figures.flatMap(({ row, calls, roundTrip }) =>
    roundTrip
      ? [`${row}, ${calls} calls: there and back in ${ms(roundTrip.p50)} ms (p50), ${ms(roundTrip.p99)} ms (p99).`]
      : [],
  );
}
