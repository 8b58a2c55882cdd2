import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ConsoleSpanExporter,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { type TelemetryConfig, pairsOf } from '../config/telemetry.config.js';
import { watchDelivery } from './delivery-watch.js';
import type { TelemetryLog } from './telemetry-log.js';

/** What TRACE_CONTENT lets into one attribute at most, in characters. */
const LONGEST_VALUE = 8192;

/** From now on spans are kept and sent. Returns how to send the last of them. */
export async function startTracing(
  config: TelemetryConfig,
  resource: Resource,
  log: TelemetryLog,
): Promise<() => Promise<void>> {
  const provider = new TracerProvider({
    resource,
    sampler: samplerOf(config),
    spanLimits: { attributeValueLengthLimit: LONGEST_VALUE },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: await exporterOf(config, log),
        scheduledDelayMillis: config.spanDelayMs,
        exportTimeoutMillis: config.exportTimeoutMs,
      }),
    ],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return () => provider.shutdown();
}

async function exporterOf(config: TelemetryConfig, log: TelemetryLog): Promise<SpanExporter> {
  if (config.tracesExporter === 'console') return new ConsoleSpanExporter();
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
  const exporter = new OTLPTraceExporter({
    // Everything is said here: else the SDK reads settings of its own from the environment.
    url: `${config.otlpEndpoint.replace(/\/+$/, '')}/v1/traces`,
    headers: pairsOf(config.otlpHeaders),
    timeoutMillis: config.exportTimeoutMs,
  });
  watchDelivery(exporter, 'Traces', config.otlpEndpoint, log);
  return exporter;
}

function samplerOf({ sampler, samplerRatio }: TelemetryConfig): Sampler {
  const ratio = (): Sampler => new TraceIdRatioBasedSampler(samplerRatio);
  switch (sampler) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return ratio();
    case 'parentbased_always_on':
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    default:
      return new ParentBasedSampler({ root: ratio() });
  }
}
