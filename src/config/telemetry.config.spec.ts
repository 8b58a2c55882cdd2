import { describe, expect, it } from '@jest/globals';
import { loadConfig } from './load.js';
import { TelemetryConfig, pairsOf } from './telemetry.config.js';

const telemetry = (env: NodeJS.ProcessEnv): TelemetryConfig =>
  loadConfig(env).values.get(TelemetryConfig) as TelemetryConfig;

describe('telemetry', () => {
  it('serves metrics to this machine, and sends no traces', () => {
    expect(telemetry({})).toMatchObject({
      tracesExporter: 'none',
      metricsExporter: ['prometheus'],
      metricsHost: '127.0.0.1',
      metricsPort: 9464,
      content: 'off',
    });
  });

  it.each([
    [{ OTEL_METRICS_EXPORTER: 'none,otlp' }, /OTEL_METRICS_EXPORTER/],
    [{ OTEL_METRICS_EXPORTER: 'statsd' }, /OTEL_METRICS_EXPORTER/],
    [{ OTEL_TRACES_SAMPLER_ARG: '2' }, /OTEL_TRACES_SAMPLER_ARG/],
    [{ OTEL_RESOURCE_ATTRIBUTES: 'no value' }, /OTEL_RESOURCE_ATTRIBUTES.*key=value/],
  ])('refuses %j', (env, problem) => {
    expect(() => telemetry(env)).toThrow(problem);
  });

  it('does not show headers that are wrong', () => {
    expect(() => telemetry({ OTEL_EXPORTER_OTLP_HEADERS: 'xylophone' })).toThrow(
      /OTEL_EXPORTER_OTLP_HEADERS: was given \(a secret\)/,
    );
    expect(() => telemetry({ OTEL_EXPORTER_OTLP_HEADERS: 'a=%zz' })).toThrow(/a secret/);
  });

  it('needs a collector for what is sent to one', () => {
    const overlay = { OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' };
    expect(() => telemetry(overlay)).toThrow(/OTEL_EXPORTER_OTLP_ENDPOINT/);
  });
});

describe('pairs', () => {
  it.each([
    ['', {}],
    ['a=1', { a: '1' }],
    [' a = 1 , b=x%3Dy%2Cz ', { a: '1', b: 'x=y,z' }],
    ['authorization=Basic YWRtaW46cGFzcw==', { authorization: 'Basic YWRtaW46cGFzcw==' }],
  ])('of %j are %j', (given, pairs) => {
    expect(pairsOf(given)).toEqual(pairs);
  });
});
