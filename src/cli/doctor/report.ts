import { formatDuration } from '../../kernel/duration.js';
import { counted } from '../counted.js';
import type { Diagnosis } from './diagnose.js';
import type { Finding, Verdict } from './finding.js';

const MARKS: Readonly<Record<Verdict, string>> = {
  ok: 'ok     ',
  warning: 'WARNING',
  problem: 'PROBLEM',
  skipped: 'skipped',
};

/** For people: what is wrong comes with the setting and with what to do. */
export function reportOf({ examined, notConfigured, problems, warnings, durationMs }: Diagnosis): string {
  const width = Math.max(...examined.map(({ about }) => about.length));
  const lines = examined.flatMap(({ about, findings }) =>
    findings.flatMap((finding, index) => [
      `${(index === 0 ? about : '').padEnd(width)}  ${MARKS[finding.verdict]}  ${finding.says}`,
      ...whatToDo(finding).map((line) => `${' '.repeat(width + MARKS.ok.length + 4)}${line}`),
    ]),
  );
  if (notConfigured.length > 0) lines.push('', `Not configured: ${notConfigured.join(', ')}`);
  lines.push('', `${sumOf(problems, warnings)} (${formatDuration(durationMs)})`);
  return `${lines.join('\n')}\n`;
}

function whatToDo({ settings = [], advice }: Pick<Finding, 'settings' | 'advice'>): string[] {
  if (advice === undefined) return [];
  return [`${settings.length > 0 ? `${settings.join(', ')}: ` : ''}${advice}`];
}

function sumOf(problems: number, warnings: number): string {
  if (problems + warnings === 0) return 'Nothing is wrong';
  const count = (number: number, what: string): string[] => (number === 0 ? [] : [counted(number, what)]);
  return [...count(problems, 'problem'), ...count(warnings, 'warning')].join(', ');
}
