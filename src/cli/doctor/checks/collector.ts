import { TelemetryConfig, pairsOf } from '../../../config/telemetry.config.js';
import type { Deployment } from '../deployment.js';
import { type Check, type Finding, ok, problem } from '../finding.js';
import { reasonOf } from '../reasons.js';

const LIMIT_MS = 5000;

/** The collector of traces and metrics is sent a request with nothing in it. */
export function collectorChecks(deployment: Deployment): Check[] {
  const config = deployment.whole(TelemetryConfig);
  const signals = [
    ...(config.tracesExporter === 'otlp' ? ['traces'] : []),
    ...(config.metricsExporter.includes('otlp') ? ['metrics'] : []),
  ];
  return signals.map((kind) => ({
    about: `collector ${kind}`,
    settings: ['OTEL_EXPORTER_OTLP_ENDPOINT'],
    limitMs: LIMIT_MS,
    examine: (signal) => examine(config, kind, signal),
  }));
}

async function examine(
  { otlpEndpoint, otlpHeaders }: TelemetryConfig,
  kind: string,
  signal: AbortSignal,
): Promise<Finding[]> {
  const settings = ['OTEL_EXPORTER_OTLP_ENDPOINT'];
  try {
    const { status } = await fetch(`${otlpEndpoint.replace(/\/$/, '')}/v1/${kind}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf', ...pairsOf(otlpHeaders) },
      body: new Uint8Array(),
      signal,
    });
    if (status < 300) return [ok('it takes what we send')];
    if (status === 401 || status === 403)
      return [problem(`it answers ${status}`, ['OTEL_EXPORTER_OTLP_HEADERS'], 'Give the credential that it wants')];
    return [problem(`it answers ${status}`, settings, 'Give the address of OTLP over HTTP, usually with port 4318')];
  } catch (error) {
    return [
      problem(
        `it cannot be reached: ${reasonOf(error)}`,
        settings,
        'Start it, or correct the address. Calls go on without; what it is to get is lost',
      ),
    ];
  }
}
