import type { TelemetryConfig } from '../config/telemetry.config.js';
import { TelemetryLog } from './telemetry-log.js';

/** One for the process, as what it sends is. */
export const telemetryLog = new TelemetryLog();

let ends: (() => Promise<void>)[] = [];

/**
 * Sets up OpenTelemetry as configured; nothing of its SDK is loaded where nothing is sent. Before anything that makes
 * instruments: those that were made before count nothing.
 *
 * @param role of this process
 */
export async function startTelemetry(config: TelemetryConfig, role: string): Promise<void> {
  const { tracesExporter, metricsExporter } = config;
  const traces = tracesExporter !== 'none';
  const metrics = metricsExporter.some((exporter) => exporter !== 'none');
  if (!traces && !metrics) return;
  const { resourceOf } = await import('./resource.js');
  const resource = resourceOf(config);
  const [startTracing, startMetering] = await Promise.all([
    traces ? import('./tracing.js').then((module) => module.startTracing) : undefined,
    metrics ? import('./metering.js').then((module) => module.startMetering) : undefined,
  ]);
  if (startTracing) ends.push(await startTracing(config, resource, telemetryLog));
  if (startMetering) ends.push(await startMetering(config, resource, telemetryLog, role));
}

/** Sends what has not been sent. A collector that hangs costs `withinMs`, and what it would have been sent. Never rejects. */
export async function endTelemetry(withinMs: number): Promise<void> {
  const ending = ends;
  ends = [];
  if (ending.length === 0) return;
  const limit = Promise.withResolvers<void>();
  const timer = setTimeout(limit.resolve, withinMs);
  await Promise.race([Promise.allSettled(ending.map((end) => end())), limit.promise]);
  clearTimeout(timer);
}
