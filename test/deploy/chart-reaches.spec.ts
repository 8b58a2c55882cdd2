import { expect, it } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { configClasses } from '../../src/config/config-classes.js';
import { CHART, type Values, describeWithHelm, render } from './helm.js';
import { leastValues, matrix } from './values.js';

const templates = path.join(CHART, 'templates');
const text = readdirSync(templates, { withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ name }) => readFileSync(path.join(templates, name), 'utf8'))
  .join('\n');

/** The names of a list that a template defines. */
function listed(template: string): string[] {
  const [, list] = new RegExp(`define "${template}" -}}\\n(.*?)\\n{{- end`, 's').exec(text)!;
  return [...list!.matchAll(/^- (\w+)$/gm)].map(([, name]) => name!);
}

describeWithHelm('what pods connect to', () => {
  const closed = (values: Values): string[] => {
    const [, lines] = /does not let pods connect.*?counts\.\n(.*?)(\n\n|$)/s.exec(render(values).notes) ?? [];
    return (lines ?? '').split('\n').flatMap((line) => line.trim() || []);
  };
  const away: Values = {
    secrets: {
      values: {
        AUTH_TOKENS: 'a-token-of-a-test-0001',
        REDIS_URL: 'redis://user:p:7@[::1]:6390/0',
        AZURE_STORAGE_CONNECTION_STRING: 'BlobEndpoint=http://blobs:10001/x;AccountKey=a-key==',
      },
    },
    config: {
      OPENAI_BASE_URL: 'http://models:8000/v1',
      AZURE_SPEECH_STT_HOST: 'http://speech',
      DEEPGRAM_URL: 'wss://speech.example.com/v1',
      PUBLIC_URL: 'https://voice.example.com:8443',
      MCP_ENABLED_SERVERS: 'cardapi',
    },
    mcp: { files: { 'cardapi.yaml': 'url: https://tools:9000/mcp\n' } },
  };

  it('is said where the NetworkPolicy does not let it through, without the secrets in it', () => {
    expect(closed(away)).toEqual([
      'config.AZURE_SPEECH_STT_HOST: 80',
      'config.OPENAI_BASE_URL: 8000',
      'mcp.files.cardapi.yaml: 9000',
      'secrets.values.AZURE_STORAGE_CONNECTION_STRING: 10001',
      'secrets.values.REDIS_URL: 6390',
    ]);
    expect(render(away).notes).not.toMatch(/p:7|a-key/);
    expect(render(away).notes).toContain('networkPolicy.egressPorts');
  });

  it('is not said where it does', () => {
    const ports = [{ port: 8000, endPort: 9000, protocol: 'TCP' }, { port: 10_001 }];
    const networkPolicy = { egressPorts: [443, 80, 6390], extraEgress: [{ ports }] };
    expect(closed({ ...away, networkPolicy })).toEqual([]);
    expect(closed({ ...away, networkPolicy: { extraEgress: [{ to: [{ podSelector: {} }] }] } })).toEqual([]);
    expect(closed({ ...away, networkPolicy: { enabled: false } })).toEqual([]);
    for (const values of Object.values(matrix)) expect(closed(values)).toEqual([]);
  });

  it('is said of the settings of each component', () => {
    const pusher = { enabled: true, config: { OPENAI_BASE_URL: 'http://models:8000/v1' } };
    expect(closed({ ...matrix['voice and pusher'], pusher })).toEqual(['config.OPENAI_BASE_URL: 8000']);
    const collector = { endpoint: 'http://collector:8000' };
    expect(closed({ ...matrix['voice and pusher'], pusher, telemetry: collector })).toEqual([]);
  });

  it('is looked for in every setting that is an address', () => {
    const ours = new Set(['HOST', 'METRICS_HOST', 'PUBLIC_URL', 'PUSHER_URL', 'OTEL_EXPORTER_OTLP_ENDPOINT']);
    // Twilio connects there.
    const theirs = new Set(['TWILIO_ACTION_URL']);
    const addresses = configClasses
      .flatMap((config) => Object.values(config.settings).map(({ env }) => env))
      .filter((name) => /(_URL|_ENDPOINT|_HOST|_CONNECTION_STRING|OIDC_ISSUER)$/.test(name))
      .filter((name) => !ours.has(name) && !theirs.has(name));
    expect(listed('parley.addresses')).toEqual(addresses.toSorted());
  });
});

describeWithHelm('what the chart goes by', () => {
  it('is refused in extraEnv', () => {
    const used = [...text.matchAll(/(?:\$voice|\.config)\.([A-Z][A-Z_]+)/g)].map(([, name]) => name!);
    const suggested = ['PUBLIC_URL', 'TRUST_PROXY'];
    const known = listed('parley.goneBy');
    expect(used.length).toBeGreaterThan(5);
    expect([...used, ...suggested].filter((name) => !known.includes(name))).toEqual([]);
  });

  it('is scraped: of sessions that nobody counts it says so', () => {
    const nobody = 'KEDA counts sessions by the labels namespace=calls and service=parley-metrics';
    const keda = matrix['on an application gateway']!;
    expect(render(keda).notes).toContain(nobody);
    expect(render({ ...keda, monitoring: { serviceMonitor: { enabled: true } } }).notes).not.toContain(nobody);
    for (const values of [leastValues, matrix['on nginx']!]) expect(render(values).notes).not.toContain('KEDA');
  });
});
