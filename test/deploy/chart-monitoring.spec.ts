import { expect, it } from '@jest/globals';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { CHART, type KubernetesObject, describeWithHelm, hits, render, renderFrom, withCopyOf } from './helm.js';
import { leastValues, matrix } from './values.js';

describeWithHelm('what the chart brings to look at calls with', () => {
  it('metrics are apart from what callers reach', () => {
    const rendered = render(matrix['seen from all sides']);
    const ports = ({ spec }: KubernetesObject): unknown =>
      (spec['ports'] as { name: string }[]).map(({ name }) => name);
    expect(ports(rendered.the('Service', 'parley'))).toEqual(['http']);
    expect(ports(rendered.the('Service', '-metrics'))).toEqual(['metrics']);
    const monitor = rendered.the('ServiceMonitor');
    expect(monitor.metadata.labels).toHaveProperty('release', 'prometheus');
    const { matchLabels } = monitor.spec['selector'] as { matchLabels: unknown };
    expect(rendered.all('Service').filter(({ metadata }) => hits(matchLabels, metadata.labels))).toEqual([
      rendered.the('Service', '-metrics'),
    ]);
  });

  it('ships rules and dashboards as they are in their files, and none where there is none', () => {
    withCopyOf(CHART, (chart) => {
      for (const name of ['alerts', 'dashboards']) {
        rmSync(path.join(chart, name), { recursive: true, force: true });
        mkdirSync(path.join(chart, name));
      }
      expect(renderFrom(chart, matrix['seen from all sides']!).all('PrometheusRule')).toEqual([]);
      const groups = [
        {
          name: 'calls',
          rules: [{ alert: 'Quiet', expr: 'up == 0', annotations: { summary: '{{ $labels.pod }} is quiet' } }],
        },
      ];
      writeFileSync(path.join(chart, 'alerts', 'voice_calls.yaml'), JSON.stringify({ groups }));
      writeFileSync(path.join(chart, 'alerts', 'tests.yaml'), 'rule_files: [voice_calls.yaml]\n');
      const board = '{"title": "Calls {{x}}", "panels": []}\n';
      writeFileSync(path.join(chart, 'dashboards', 'calls.json'), board);
      const rendered = renderFrom(chart, matrix['seen from all sides']!);
      expect(rendered.the('PrometheusRule')).toMatchObject({
        metadata: { name: 'parley-voice-calls', labels: { release: 'prometheus' } },
        spec: { groups },
      });
      expect(rendered.the('ConfigMap', '-dashboard-calls')).toMatchObject({
        metadata: { labels: { grafana_dashboard: '1' }, annotations: { grafana_folder: 'Parley' } },
        data: { 'parley-calls.json': board },
      });
      expect(renderFrom(chart, leastValues).objects.map(({ kind }) => kind)).not.toContain('PrometheusRule');
    });
  });

  it('sends whoever is alarmed to where the runbooks are published', () => {
    const urls = (runbooks?: string): string[] => {
      const rules = { enabled: true, ...(runbooks !== undefined && { runbooks }) };
      const found = render({ ...leastValues, monitoring: { rules } }).all('PrometheusRule');
      return [...JSON.stringify(found).matchAll(/"runbook_url":"([^"]*)"/g)].map(([, url]) => url!);
    };
    const pages = urls();
    expect(pages.length).toBeGreaterThan(20);
    for (const page of pages) expect(existsSync(page)).toBe(true);
    expect(urls('https://wiki.example.com/parley/runbooks/')).toEqual(
      pages.map((page) => page.replace('docs/', 'https://wiki.example.com/parley/')),
    );
  });

  it('misses its own processes, not those of every installation, where it is known whose they are', () => {
    const missed = (monitoring: object): string | undefined => {
      const found = render({ ...leastValues, monitoring: { rules: { enabled: true }, ...monitoring } });
      return /absent\((.*?)\)/.exec(found.text)?.[1];
    };
    expect(missed({})).toBe('parley_lifecycle_state{role!="pusher"}');
    expect(missed({ serviceMonitor: { enabled: true } })).toBe(
      'parley_lifecycle_state{namespace="calls", role!="pusher"}',
    );
  });

  it('ships every file of rules and dashboards that there is, small enough to be installed', () => {
    const files = (folder: string, ending: string): string[] =>
      existsSync(path.join(CHART, folder))
        ? readdirSync(path.join(CHART, folder)).filter((file) => file.endsWith(ending))
        : [];
    const rendered = render(matrix['seen from all sides']);
    const rules = files('alerts', '.yaml').filter(
      (file) => 'groups' in (parse(readFileSync(path.join(CHART, 'alerts', file), 'utf8')) as object),
    );
    expect(rendered.all('PrometheusRule')).toHaveLength(rules.length);
    const boards = rendered.all('ConfigMap').filter(({ metadata }) => metadata.name.includes('-dashboard-'));
    expect(boards.flatMap(({ data }) => Object.keys(data!)).toSorted()).toEqual(
      files('dashboards', '.json')
        .map((file) => `parley-${file}`)
        .toSorted(),
    );
    // What a release may have: it is kept in a Secret, compressed.
    expect(gzipSync(rendered.text).length).toBeLessThan(700_000);
    for (const { data } of boards) expect(JSON.stringify(data).length).toBeLessThan(1_000_000);
  });
});
