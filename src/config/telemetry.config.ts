import { address, configOf, int, number, oneOf, secret, setting, someOf, text } from './setting.js';

/** `key=value,key=value`, values percent-encoded, as OpenTelemetry has it. */
const pairs = () =>
  text()
    .refine((given) => given === '' || given.split(',').every(isPair))
    .meta({ description: 'key=value,key=value, with values percent-encoded' });

export class TelemetryConfig extends configOf('telemetry', {
  tracesExporter: setting(
    'OTEL_TRACES_EXPORTER',
    oneOf(['none', 'otlp', 'console']),
    'Where traces go: `otlp` to OTEL_EXPORTER_OTLP_ENDPOINT, `console` to standard output.',
  ),
  metricsExporter: setting(
    'OTEL_METRICS_EXPORTER',
    someOf(['none', 'prometheus', 'otlp'], 1),
    'Where metrics go: `prometheus` fetches them at METRICS_PORT, `otlp` has them sent to OTEL_EXPORTER_OTLP_ENDPOINT.',
  ),
  metricsHost: setting(
    'METRICS_HOST',
    text().min(1),
    'Address on which metrics are served. The default is reachable from this machine only; use `0.0.0.0` in a container.',
  ),
  metricsPort: setting(
    'METRICS_PORT',
    int(0, 65_535),
    'Port of `GET /metrics` for Prometheus; 0 picks a free one. If it is taken, calls are served without metrics.',
  ),
  otlpEndpoint: setting(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    address(),
    'Collector for `otlp`, with HTTP and protobuf; `/v1/traces` and `/v1/metrics` are added. Settings per signal are not read.',
  ),
  otlpHeaders: secret(
    'OTEL_EXPORTER_OTLP_HEADERS',
    pairs(),
    'Headers for the collector, such as `authorization=Bearer%20…`.',
  ),
  serviceName: setting('OTEL_SERVICE_NAME', text().min(1), 'What this service is called in traces and metrics.'),
  resourceAttributes: setting(
    'OTEL_RESOURCE_ATTRIBUTES',
    pairs(),
    'What else is said of this process with all it sends, such as `deployment.environment.name=production`.',
  ),
  sampler: setting(
    'OTEL_TRACES_SAMPLER',
    oneOf([
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ]),
    'Which calls are traced. With `parentbased_…` whoever opens a call decides, if they send a `traceparent`.',
  ),
  samplerRatio: setting(
    'OTEL_TRACES_SAMPLER_ARG',
    number(0, 1),
    'The share of calls that `traceidratio` and `parentbased_traceidratio` trace.',
  ),
  spanDelayMs: setting('OTEL_BSP_SCHEDULE_DELAY', int(10, 600_000), 'How often spans are sent.'),
  metricIntervalMs: setting('OTEL_METRIC_EXPORT_INTERVAL', int(100, 3_600_000), 'How often `otlp` sends metrics.'),
  exportTimeoutMs: setting(
    'OTEL_EXPORTER_OTLP_TIMEOUT',
    int(10, 600_000),
    'How long the collector may take. What it does not take is dropped.',
  ),
  content: setting(
    'TRACE_CONTENT',
    oneOf(['off', 'on']),
    'Whether spans hold what was said, and what tools were told and answered: redacted as what is stored is, in attributes with `pii` in their names. Whoever reads traces then reads conversations.',
  ),
}) {}

/** What `OTEL_EXPORTER_OTLP_HEADERS` or `OTEL_RESOURCE_ATTRIBUTES` says. */
export function pairsOf(given: string): Record<string, string> {
  const entries = given
    .split(',')
    .filter((pair) => pair.trim() !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())] as const;
    });
  return Object.fromEntries(entries);
}

function isPair(pair: string): boolean {
  if (!/^\s*[^=\s]+\s*=/.test(pair)) return pair.trim() === '';
  try {
    decodeURIComponent(pair);
    return true;
  } catch {
    return false;
  }
}
