import { expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { configClasses } from '../../src/config/config-classes.js';
import { loadConfig } from '../../src/config/load.js';
import { CHART, describeWithHelm, problems, render, type Values } from './helm.js';
import { exists } from './schema.js';
import { leastValues, matrix } from './values.js';

const settings = configClasses.flatMap((config) => Object.values(config.settings));
const secrets = settings.filter(({ secret }) => secret).map(({ env }) => env);

/** What other values of the chart say, and what would contradict them. */
const ofTheChart = [
  'NODE_ENV',
  'PARLEY_ROLE',
  'HOST',
  'PORT',
  'DATA_DIR',
  'DRAIN_LIMIT_MS',
  'SHUTDOWN_LIMIT_MS',
  'MAX_CONNECTIONS',
  'PUSHER_URL',
  'OTEL_SERVICE_NAME',
  'OTEL_METRICS_EXPORTER',
  'OTEL_TRACES_EXPORTER',
  'OTEL_TRACES_SAMPLER',
  'OTEL_TRACES_SAMPLER_ARG',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_RESOURCE_ATTRIBUTES',
  'METRICS_HOST',
  'METRICS_PORT',
];

/** They are no settings: $(…) in another variable takes their values. */
const ofKubernetes = ['POD_NAME', 'NODE_NAME'];

/** Secrets that a foreign Secret would bring. */
const foreign: Record<string, NodeJS.ProcessEnv> = {
  'unseen, with secrets of its own': { AUTH_TOKENS: 'a-token-of-a-test-0001' },
};

describeWithHelm('what the chart tells the server', () => {
  const own = new Set((matrix['with everything else']!['extraEnv'] as { name: string }[]).map(({ name }) => name));
  const components = Object.entries(matrix).flatMap(([name, values]) =>
    (['voice', ...((values['pusher'] as Values)?.['enabled'] ? ['pusher'] : [])] as ('voice' | 'pusher')[]).map(
      (component) => [name, component] as const,
    ),
  );

  it.each(components)('%s: %s: has only names that the server knows', (name, component) => {
    const known = new Set([...settings.map(({ env }) => env), ...ofKubernetes, ...own]);
    const given = Object.keys(render(matrix[name]).environment(component));
    expect(given.filter((variable) => !known.has(variable))).toEqual([]);
    expect(given).toContain('PARLEY_ROLE');
  });

  it.each(components)('%s: %s: is a configuration that the server starts with', (name, component) => {
    const environment = render(matrix[name]).environment(component);
    expect(() => loadConfig({ ...environment, ...foreign[name] })).not.toThrow();
  });

  it('keeps secrets out of ConfigMaps and of the Deployment', () => {
    const { objects } = render(matrix['voice and pusher']);
    const open = JSON.stringify(objects.filter(({ kind }) => kind !== 'Secret'));
    expect(open).not.toMatch(/of-a-test/);
    expect(secrets.filter((name) => open.includes(`"${name}"`))).toEqual([]);
  });

  it('writes large and broken numbers as the server reads them', () => {
    const sections = sectionsOf(render(matrix['several pods']).environment('voice'));
    expect(sections.get('archive')).toMatchObject({ journalBytes: 1_073_741_824, recording: 'stereo' });
    expect(sections.get('conversation')).toMatchObject({ vadThreshold: 0.6, greeting: false });
  });

  it('passes on what values say: sessions, limits, telemetry', () => {
    const has = (values: Values, section: string): object =>
      sectionsOf(render(values).environment('voice')).get(section)!;
    expect(has(matrix['on an application gateway']!, 'voice')).toMatchObject({ maxConnections: 40 });
    expect(has(leastValues, 'lifecycle')).toMatchObject({ drainLimitMs: 300_000, shutdownLimitMs: 15_000 });
    expect(has(matrix['seen from all sides']!, 'telemetry')).toMatchObject({
      tracesExporter: 'otlp',
      metricsExporter: ['prometheus', 'otlp'],
      otlpEndpoint: 'http://collector.monitoring:4318',
      metricsHost: '0.0.0.0',
      metricsPort: 9464,
      serviceName: 'parley-voice',
      samplerRatio: 0.25,
    });
    const unseen = render(matrix['unseen, with secrets of its own']).environment('voice');
    expect(unseen).toMatchObject({ OTEL_METRICS_EXPORTER: 'none', OTEL_TRACES_EXPORTER: 'none' });
  });

  it('gives a component its own settings over those of all', () => {
    const rendered = render(matrix['voice and pusher']);
    expect(rendered.environment('voice')).toMatchObject({ LOG_LEVEL: 'warn', LLM_MODELS: 'azure:gpt-4o,embedded' });
    expect(rendered.environment('pusher')).toMatchObject({ LLM_MODELS: 'azure:gpt-4o' });
    expect(rendered.environment('pusher')).not.toHaveProperty('LOG_LEVEL');
  });

  it('knows where it is reached behind an Ingress, unless it is told otherwise', () => {
    const environment = (values: Values): Record<string, string> => render(values).environment('voice');
    expect(environment(matrix['on nginx']!)).toMatchObject({
      TRUST_PROXY: 'true',
      PUBLIC_URL: 'https://voice.example.com',
    });
    expect(environment(leastValues)).not.toHaveProperty('TRUST_PROXY');
    expect(environment(matrix['on an application gateway']!)).toHaveProperty(
      'TRUST_PROXY',
      '10.225.0.0/16,2001:db8:7::/64',
    );
    const config = { ...(matrix['on nginx']!['config'] as Values), PUBLIC_URL: 'https://calls.example.com' };
    expect(environment({ ...matrix['on nginx'], config })).toHaveProperty('PUBLIC_URL', 'https://calls.example.com');
  });

  it('takes no secret in `config`, and nothing that other values say, and says where it belongs', () => {
    const refused = Object.fromEntries([...secrets, ...ofTheChart].map((name) => [name, 'x']));
    const said = problems({ ...leastValues, config: refused, voice: { config: { PORT: 9000 } } });
    expect(said).toHaveLength(secrets.length + ofTheChart.length + 1);
    for (const name of secrets)
      expect(said).toContainEqual(expect.stringContaining(`config.${name} is not taken: it is a secret`));
    for (const name of ofTheChart)
      expect(said).toContainEqual(expect.stringMatching(String.raw`^config\.${name} is not taken: [a-z]`));
    expect(said).toContainEqual(expect.stringMatching(/^voice\.config\.PORT is not taken: .*service\.port/));
    expect(said).toContain(
      'config.MAX_CONNECTIONS is not taken: voice.maxSessions says it, which scaling goes by, too.',
    );
    // Where it belongs is a value that there is.
    const keys = said.flatMap((sentence) => sentence.split('is not taken')[1]!.match(/\b[a-z]\w*(\.\w+)+/gi) ?? []);
    expect(keys.length).toBeGreaterThan(20);
    expect(keys.filter((key) => !exists(key))).toEqual([]);
  });

  it('knows every setting of the server, and which of them are secrets', () => {
    const names = settings.map(({ env }) => env).sort();
    const schemaFile = path.join(CHART, 'values.schema.json');
    const secretsFile = path.join(CHART, 'secret-settings.txt');
    const written = JSON.parse(readFileSync(schemaFile, 'utf8')) as SettingsSchema;
    if (process.env['PARLEY_GOLDEN'] === 'write') {
      written.definitions.settings.properties = Object.fromEntries(
        names.map((name) => [name, { $ref: '#/definitions/setting' }]),
      );
      writeFileSync(schemaFile, `${JSON.stringify(written, null, 2)}\n`);
      writeFileSync(secretsFile, `${secrets.toSorted().join('\n')}\n`);
    }
    // PARLEY_GOLDEN=write npm test -- test/deploy brings them up to date.
    expect(Object.keys(written.definitions.settings.properties)).toEqual(names);
    expect(readFileSync(secretsFile, 'utf8')).toBe(`${secrets.toSorted().join('\n')}\n`);
  });

  it('refuses names that the server does not know', () => {
    const said = problems({ ...leastValues, config: { LLM_MODEL: 'x' }, pusher: { config: { LOG: 'x' } } });
    expect(said.toSorted()).toEqual([
      "at '/config': additional properties 'LLM_MODEL' not allowed",
      "at '/pusher/config': additional properties 'LOG' not allowed",
    ]);
  });
});

/** The configuration of a server with these variables, by section. */
function sectionsOf(environment: Record<string, string>): Map<string, object> {
  return new Map([...loadConfig(environment).values].map(([config, values]) => [config.section, values]));
}

interface SettingsSchema {
  definitions: { settings: { properties: Record<string, { $ref: string }> } };
}
