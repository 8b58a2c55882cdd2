import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TelemetryConfig } from '../config/telemetry.config.js';
import type { TelemetryLog } from './telemetry-log.js';

const PATH = '/metrics';

/** `GET /metrics` on a port of its own, which the load balancer does not show to anybody. */
export class MetricsEndpoint {
  /** The exporter's own server takes no port 0, and cannot be told from one that does not listen. */
  readonly reader = new PrometheusExporter({ preventServerStart: true });
  private readonly server: Server;

  constructor(private readonly log: TelemetryLog) {
    this.server = createServer((request, response) => {
      if (request.method === 'GET' && request.url?.split('?')[0] === PATH)
        return this.reader.getMetricsRequestHandler(request, response);
      response.writeHead(404, { 'content-type': 'text/plain' }).end(`Metrics are at ${PATH}\n`);
    }).unref();
  }

  /** Calls do not need metrics: a port that is taken is no reason not to take them. Never rejects. */
  async listen({ metricsHost, metricsPort }: TelemetryConfig): Promise<void> {
    const listening = Promise.withResolvers<void>();
    this.server.once('error', listening.reject).listen(metricsPort, metricsHost, listening.resolve);
    try {
      await listening.promise;
      const { port } = this.server.address() as AddressInfo;
      this.log.write('info', `Metrics at http://${metricsHost}:${port}${PATH}`);
    } catch (error) {
      const { code = 'error' } = error as NodeJS.ErrnoException;
      const place =
        code === 'EADDRINUSE' ? `port ${metricsPort} is taken` : `cannot listen on ${metricsHost}:${metricsPort}`;
      this.log.write('warn', `No metrics: ${place} (${code}). Set METRICS_PORT, or OTEL_METRICS_EXPORTER=none`);
    }
  }

  /** Never rejects. */
  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}
