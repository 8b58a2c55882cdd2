import { afterAll, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { packageRoot } from '../../src/config/package-root.js';
import { askPromtool, describeWithPrometheus } from '../support/prometheus.js';
import { type AlertCase, type Series, alertCases } from './alert-cases.js';
import { alertFiles, alertsOf } from './alert-files.js';

const folder = mkdtempSync(path.join(tmpdir(), 'parley-alerts-'));
afterAll(() => rmSync(folder, { recursive: true }));

const WHERE = { namespace: 'calls', job: 'parley', instance: 'voice:9464' };
const rules = alertFiles.flatMap(alertsOf);
const runbooks = path.join(packageRoot, 'docs', 'runbooks');

/** As they come from the one process that is looked at. */
function inputOf(series: Series): { series: string; values: string }[] {
  const origin = Object.entries(WHERE).map(([name, value]) => `${name}="${value}"`);
  return Object.entries(series).map(([selector, values]) => {
    const [, name, labels = ''] = /^([^{]+)(?:\{(.*)\})?$/.exec(selector)!;
    return { series: `${name}{${[...origin, ...(labels ? [labels] : [])].join(',')}}`, values };
  });
}

/** What is left of where it is from depends on what the rule sums up. */
function expected({ alert, labels = {}, severity = 'warning', summary }: AlertCase): object {
  const { annotations, expr } = rules.find((rule) => rule.alert === alert)!;
  const { instance, ...rest } = WHERE;
  const isOfOne = /by \([^)]*instance|^up /.test(expr);
  // Of what there is not, nobody knows where.
  const origin = expr.startsWith('absent(') ? {} : rest;
  return {
    exp_labels: { ...origin, ...(isOfOne && { instance }), ...labels, severity },
    exp_annotations: { ...annotations, summary },
  };
}

function testOf(one: AlertCase, series: Series, rings: boolean): object {
  return {
    interval: '1m',
    input_series: inputOf(series),
    alert_rule_test: [
      { eval_time: `${one.at ?? 60}m`, alertname: one.alert, exp_alerts: rings ? [expected(one)] : [] },
    ],
  };
}

describeWithPrometheus('alerts', () => {
  it('are rules that Prometheus understands', () => {
    expect(askPromtool('check', 'rules', '--lint=all', '--lint-fatal', ...alertFiles)).toMatchObject({ ok: true });
  });

  it.each(alertFiles.map((file) => [path.basename(file), file] as const))(
    'of %s ring when they should, and only then',
    (name, file) => {
      const names = alertsOf(file).map(({ alert }) => alert);
      const tests = alertCases
        .filter(({ alert }) => names.includes(alert))
        .flatMap((one) => [testOf(one, one.sick, true), testOf(one, one.well, false)]);
      const testFile = path.join(folder, name);
      writeFileSync(testFile, stringify({ rule_files: [file], evaluation_interval: '1m', tests }));
      const { ok, said } = askPromtool('test', 'rules', testFile);
      expect(ok ? 'as expected' : said).toBe('as expected');
    },
  );

  it('have each been tried', () => {
    expect([...new Set(alertCases.map(({ alert }) => alert))].sort()).toEqual(rules.map(({ alert }) => alert).sort());
  });

  it('lead to a page each, and every page belongs to one', () => {
    const pages = rules.map(({ annotations }) => annotations.runbook_url);
    expect(pages.filter((page) => !existsSync(path.join(packageRoot, page)))).toEqual([]);
    const files = readdirSync(runbooks).filter((name) => name !== 'README.md');
    expect(files.map((name) => `docs/runbooks/${name}`).sort()).toEqual([...pages].sort());
  });

  it.each(rules.map(({ alert, annotations }) => [alert, annotations.runbook_url]))(
    '%s: %s says what it means, how to look and what to do',
    (alert, page) => {
      const text = readFileSync(path.join(packageRoot, page), 'utf8');
      expect(text.split('\n')[0]).toBe(`# ${alert}`);
      expect(text.match(/^## .*$/gm)).toEqual(['## What it means', '## How to look', '## What to do']);
    },
  );
});
