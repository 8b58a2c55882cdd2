import type { Score } from './score.js';

export interface Line {
  readonly group: string;
  readonly name: string;
  readonly score: Score;
}

export interface Latency {
  readonly utterances: number;
  readonly finalP50Ms: number;
  readonly finalP95Ms: number;
  /** From the caller's first sound. */
  readonly firstPartialP50Ms: number;
}

export interface Report {
  readonly half: string;
  readonly lines: readonly Line[];
  /** The same for each kind of voice; what is not allowed also for all of them. */
  readonly summary: readonly Line[];
  /** Computing time of one worker for each second of audio. */
  readonly realTimeFactor: number;
  readonly latency: Latency;
}

const COLUMNS: readonly (readonly [title: string, value: keyof Score])[] = [
  ['sentences', 'sentenceAccuracy'],
  ['words', 'wordAccuracy'],
  ['digits', 'digitAccuracy'],
  ['refused', 'falseRejects'],
  ['accepted', 'falseAccepts'],
];

/** A table for a terminal, and for a Markdown code block. */
export function formatReport({ half, lines, summary, realTimeFactor, latency }: Report): string {
  return [
    ...tableOf(lines),
    '',
    'Voices of one kind together:',
    '',
    ...tableOf(summary),
    '',
    `Material: ${half} half. Figures in percent. "refused": allowed by the grammar, yet rejected;`,
    '"accepted": not allowed by the grammar, yet not rejected.',
    `Real-time factor ${realTimeFactor.toFixed(3)} (one worker follows ${Math.floor(1 / realTimeFactor)} callers who speak at once).`,
    `Live, ${latency.utterances} utterances: end of audio to result p50 ${latency.finalP50Ms.toFixed(0)} ms, ` +
      `p95 ${latency.finalP95Ms.toFixed(0)} ms; first sound to first partial p50 ${latency.firstPartialP50Ms.toFixed(0)} ms.`,
  ].join('\n');
}

function tableOf(lines: readonly Line[]): string[] {
  const rows = lines.map(({ group, name, score }) => [
    group,
    name,
    String(score.utterances),
    ...COLUMNS.map(([, key]) => percent(score[key])),
  ]);
  const head = ['what is said', 'who says it', 'n', ...COLUMNS.map(([title]) => title)];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const print = (row: readonly string[]): string =>
    row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ');
  const table: string[] = [print(head), widths.map((width) => '-'.repeat(width)).join('  ')];
  rows.forEach((row, index) => {
    const isNewGroup = index === 0 || rows[index - 1]![0] !== row[0];
    table.push(print(isNewGroup ? row : ['', ...row.slice(1)]));
  });
  return table;
}

function percent(value: number | undefined): string {
  return value === undefined ? '' : (value * 100).toFixed(1);
}
