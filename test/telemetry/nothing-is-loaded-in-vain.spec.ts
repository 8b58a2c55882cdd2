import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { packageRoot } from '../../src/config/package-root.js';

const WATCH = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({
    load(url, context, next) {
      if (url.includes('@opentelemetry/')) process.stdout.write(url + '\\n');
      return next(url, context);
    },
  });
`)}`;

/** Names of the packages of OpenTelemetry that are loaded before the server is. */
function loaded(env: NodeJS.ProcessEnv): string[] {
  const { stdout } = spawnSync(
    process.execPath,
    ['--import', WATCH, '--import', './dist/telemetry.js', '--input-type=module', '--eval', 'process.exit(0)'],
    { cwd: packageRoot, env: { ...process.env, METRICS_PORT: '0', ...env }, encoding: 'utf8' },
  );
  return [...new Set([...stdout.matchAll(/@opentelemetry\/([\w-]+)/g)].map(([, name]) => name!))].sort();
}

describe('what sends telemetry', () => {
  it('is not loaded where nothing is sent', () => {
    expect(loaded({ OTEL_METRICS_EXPORTER: 'none' })).toEqual([]);
  });

  it('is loaded as far as it is needed', () => {
    const forPrometheus = loaded({});
    expect(forPrometheus).toContain('exporter-prometheus');
    expect(forPrometheus.filter((name) => /trace|otlp/.test(name))).toEqual([]);
    const forTraces = loaded({ OTEL_TRACES_EXPORTER: 'otlp', OTEL_METRICS_EXPORTER: 'none' });
    expect(forTraces).toContain('exporter-trace-otlp-proto');
    expect(forTraces.filter((name) => /exporter-metrics|prometheus/.test(name))).toEqual([]);
  });
});
