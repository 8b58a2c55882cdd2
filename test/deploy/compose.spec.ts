import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { configClasses } from '../../src/config/config-classes.js';
import { loadConfig } from '../../src/config/load.js';

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly environment?: Record<string, string>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks: readonly string[];
  readonly stop_grace_period?: string;
  readonly [field: string]: unknown;
}

/** What a person has to write into .env. */
const given: Record<string, string> = {
  AUTH_TOKENS: 'a-token-of-a-test-0001',
  PUSHER_SECRET: 'a-secret-of-a-test-0001',
  REDIS_PASSWORD: 'swordfish1',
  GRAFANA_PASSWORD: 'swordfish2',
};

/** As Compose does: `${NAME:-default}` and `${NAME:?what it is}`. */
function filledIn(text: string, env: Record<string, string>): string {
  return text.replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind?: string, rest = '') => {
    const value = env[name];
    if (value) return value;
    if (kind === '-') return rest;
    throw new Error(`${name} is not set: ${rest}`);
  });
}

const text = readFileSync('compose.yaml', 'utf8');
const { services, volumes, networks } = parse(filledIn(text, given), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  networks: Record<string, unknown>;
};
const ours = ['voice', 'pusher'] as const;
const read = (file: string): unknown => parse(readFileSync(file, 'utf8'));

describe('compose.yaml', () => {
  it('does not start without what must be secret', () => {
    for (const name of Object.keys(given)) expect(() => filledIn(text, { ...given, [name]: '' })).toThrow(name);
  });

  it('names a version of every image, and starts it again when it ends', () => {
    for (const [name, { image, restart }] of Object.entries(services))
      expect([name, /:v?\d+\.\d+\.\d+(-\w+)?$/.test(image), restart]).toEqual([name, true, 'unless-stopped']);
  });

  it.each(ours)('%s is a configuration that the server starts with, in names that it knows', (name) => {
    const environment = services[name]!.environment!;
    const known = configClasses.flatMap(({ settings }) => Object.values(settings).map(({ env }) => env));
    expect(known).toEqual(expect.arrayContaining(Object.keys(environment)));
    const container = { NODE_ENV: 'production', HOST: '0.0.0.0', DATA_DIR: '/data', METRICS_HOST: '0.0.0.0' };
    expect(() => loadConfig({ ...container, ...environment })).not.toThrow();
    expect(environment['PARLEY_ROLE']).toBe(name);
  });

  it.each(ours)('%s may write to its volumes only, and is nobody in particular', (name) => {
    expect(services[name]).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      build: '.',
    });
    expect(services[name]).not.toHaveProperty('user');
    expect(services[name]).not.toHaveProperty('privileged');
    // One store, and a journal of its own.
    expect(services[name]!.volumes).toEqual(['data:/data', `${name}-journal:/data/journal`]);
  });

  it.each(ours)('%s is not killed while it stops', (name) => {
    const { environment, stop_grace_period } = services[name]!;
    const needed = Number(environment!['DRAIN_LIMIT_MS']) + Number(environment!['SHUTDOWN_LIMIT_MS']);
    expect(Number.parseInt(stop_grace_period!, 10) * 1000).toBeGreaterThan(needed);
  });

  it('opens ports to this machine only', () => {
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(0);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('leads everywhere it points to', () => {
    const names = Object.keys(services);
    expect(services['voice']!.environment!['PUSHER_URL']).toBe('ws://pusher:8000');
    expect(services['voice']!.environment!['REDIS_URL']).toBe('redis://:swordfish1@redis:6379/0');
    expect(services['redis']!['command']).toEqual(expect.arrayContaining(['swordfish1', 'noeviction', '--appendonly']));
    for (const service of Object.values(services)) {
      for (const network of service.networks) expect(networks).toHaveProperty([network]);
      for (const volume of service.volumes ?? []) {
        const [source] = volume.split(':');
        // Folders of dashboards and alerts may still be empty.
        if (source!.startsWith('.')) expect(existsSync(path.dirname(source!))).toBe(true);
        else expect(volumes).toHaveProperty([source!]);
      }
    }
    const collector = read('deploy/compose/collector.yaml') as {
      receivers: { otlp: { protocols: { http: { endpoint: string } } } };
      exporters: Record<string, { endpoint: string }>;
      service: { pipelines: Record<string, { receivers: string[]; processors: string[]; exporters: string[] }> };
    };
    const [, port] = collector.receivers.otlp.protocols.http.endpoint.split(':');
    expect(services['voice']!.environment!['OTEL_EXPORTER_OTLP_ENDPOINT']).toBe(`http://collector:${port}`);
    for (const pipeline of Object.values(collector.service.pipelines))
      for (const part of ['receivers', 'processors', 'exporters'] as const)
        for (const name of pipeline[part]) expect(collector).toHaveProperty([part, name]);
    expect(names).toContain(new URL(collector.exporters['otlphttp/jaeger']!.endpoint).hostname);
    const prometheus = read('deploy/compose/prometheus.yaml') as {
      rule_files: string[];
      scrape_configs: { static_configs: { targets: string[] }[] }[];
    };
    const targets = prometheus.scrape_configs.flatMap(({ static_configs }) =>
      static_configs.flatMap(({ targets: all }) => all),
    );
    expect(targets).toEqual([
      `voice:${services['voice']!.environment!['METRICS_PORT']}`,
      `pusher:${services['pusher']!.environment!['METRICS_PORT']}`,
      `collector:${collector.exporters['prometheus']!.endpoint.split(':')[1]}`,
    ]);
    expect(services['prometheus']!.volumes!.map((volume) => volume.split(':')[1])).toContain(
      path.dirname(prometheus.rule_files[0]!),
    );
    const sources = read('deploy/compose/grafana/datasources/parley.yaml') as { datasources: { url: string }[] };
    for (const { url } of sources.datasources) expect(names).toContain(new URL(url).hostname);
    const boards = read('deploy/compose/grafana/dashboards/parley.yaml') as {
      providers: { options: { path: string } }[];
    };
    expect(services['grafana']!.volumes!.map((volume) => volume.split(':')[1])).toContain(
      boards.providers[0]!.options.path,
    );
  });

  it('passes metrics on under the names that dashboards and alerts know', () => {
    const { processors, exporters, service } = read('deploy/compose/collector.yaml') as {
      processors: Record<string, { metric_statements?: string[] } | null>;
      exporters: { prometheus: object };
      service: { pipelines: { metrics: { processors: string[] } } };
    };
    // Its exporter adds a unit to a name, and `_total` to that of a counter; told to add nothing, it leaves out both.
    expect(processors['transform/names']!.metric_statements).toEqual(['set(metric.unit, "")']);
    expect(service.pipelines.metrics.processors).toContain('transform/names');
    expect(Object.keys(exporters.prometheus)).toEqual(['endpoint']);
    // `instance` is who sent them, not the collector.
    const { scrape_configs } = read('deploy/compose/prometheus.yaml') as { scrape_configs: Record<string, unknown>[] };
    expect(scrape_configs.find((job) => job['job_name'] === 'collector')).toHaveProperty('honor_labels', true);
  });
});
