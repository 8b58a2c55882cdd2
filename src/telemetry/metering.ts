import { metrics } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import { type IMetricReader, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { type TelemetryConfig, pairsOf } from '../config/telemetry.config.js';
import { watchDelivery } from './delivery-watch.js';
import { measureProcess } from './process-metrics.js';
import type { TelemetryLog } from './telemetry-log.js';

/** From now on instruments count. Returns how to send the last counts, and to serve them no more. */
export async function startMetering(
  config: TelemetryConfig,
  resource: Resource,
  log: TelemetryLog,
  role: string,
): Promise<() => Promise<void>> {
  const readers: IMetricReader[] = [];
  const closes: (() => Promise<void>)[] = [];
  if (config.metricsExporter.includes('prometheus')) {
    const { MetricsEndpoint } = await import('./metrics-endpoint.js');
    const endpoint = new MetricsEndpoint(log);
    await endpoint.listen(config);
    readers.push(endpoint.reader);
    closes.push(() => endpoint.close());
  }
  if (config.metricsExporter.includes('otlp')) readers.push(await sender(config, log));
  const provider = new MeterProvider({ resource, readers });
  metrics.setGlobalMeterProvider(provider);
  measureProcess(provider, role);
  closes.push(() => provider.shutdown());
  return async () => void (await Promise.all(closes.map((close) => close())));
}

async function sender(config: TelemetryConfig, log: TelemetryLog): Promise<IMetricReader> {
  const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-proto');
  const exporter = new OTLPMetricExporter({
    url: `${config.otlpEndpoint.replace(/\/+$/, '')}/v1/metrics`,
    headers: pairsOf(config.otlpHeaders),
    timeoutMillis: config.exportTimeoutMs,
  });
  watchDelivery(exporter, 'Metrics', config.otlpEndpoint, log);
  const { metricIntervalMs, exportTimeoutMs } = config;
  return new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: metricIntervalMs,
    // The reader takes no timeout that is longer than its interval.
    exportTimeoutMillis: Math.min(exportTimeoutMs, metricIntervalMs),
  });
}
