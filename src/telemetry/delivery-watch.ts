import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { TelemetryLog } from './telemetry-log.js';

interface Exporter<T> {
  export(items: T, done: (result: ExportResult) => void): void;
}

/**
 * Says once that a collector does not take what it is sent, and once that it does again: the SDK would say so with each
 * batch. Only the kind of problem is told, as an answer may quote what it was sent.
 */
export function watchDelivery<T>(exporter: Exporter<T>, what: string, endpoint: string, log: TelemetryLog): void {
  const where = URL.parse(endpoint)?.host ?? 'the collector';
  let isFailing = false;
  const send = exporter.export.bind(exporter);
  exporter.export = (items, done) =>
    send(items, (result) => {
      const failed = result.code !== ExportResultCode.SUCCESS;
      if (failed && !isFailing) log.write('warn', `${what} cannot be sent to ${where} (${problemOf(result.error)})`);
      if (!failed && isFailing) log.write('info', `${what} are sent to ${where} again`);
      isFailing = failed;
      done(result);
    });
}

function problemOf(error: Error | undefined): string {
  const { code, name = 'no reason given' } = (error ?? {}) as { code?: string | number; name?: string };
  return code === undefined ? name : String(code);
}
