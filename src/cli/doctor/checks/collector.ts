import { TelemetryConfig, pairsOf } from '../../../config/telemetry.config.js';
import type { Deployment } from '../deployment.js';
import { type Check, type Finding, ok, problem, say } from '../finding.js';
import { reasonOf } from '../../../kernel/reasons.js';

const LIMIT_MS = 5000;
const ADVICE = 'Give the address of OTLP over HTTP, usually with port 4318';

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
    const response = await fetch(`${otlpEndpoint.replace(/\/$/, '')}/v1/${kind}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf', ...pairsOf(otlpHeaders) },
      body: new Uint8Array(),
      signal,
    });
    const { status } = response;
    if (status < 300) {
      if (await isCollectors(response)) return [ok(say`it takes what we send`)];
      return [problem(say`what answers there, ${status}, is no collector`, settings, ADVICE)];
    }
    if (status === 401 || status === 403)
      return [problem(say`it answers ${status}`, ['OTEL_EXPORTER_OTLP_HEADERS'], 'Give the credential that it wants')];
    return [problem(say`it answers ${status}`, settings, ADVICE)];
  } catch (error) {
    return [
      problem(
        say`it cannot be reached: ${reasonOf(error)}`,
        settings,
        'Start it, or correct the address. Calls go on without; what it is to get is lost',
      ),
    ];
  }
}

/** Web servers answer 200 to anything, with a page. Of an answer that says what it is, no more is looked at. */
async function isCollectors({ headers, body }: Response): Promise<boolean> {
  const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/x-protobuf' || type === 'application/json') {
    await body?.cancel();
    return true;
  }
  const reader = body?.getReader();
  const first = await reader?.read();
  await reader?.cancel();
  return first?.value === undefined || first.value.length === 0;
}
