import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';
import { type ReceivedSpan, spansOf } from './received-spans.js';

const protocol = protobuf.loadSync(path.join(import.meta.dirname, 'otlp.proto'));
const requests = {
  '/v1/traces': protocol.lookupType('ExportTraceServiceRequest'),
  '/v1/metrics': protocol.lookupType('ExportMetricsServiceRequest'),
} as const;

export interface ReceivedMetric {
  readonly name: string;
  readonly labels: readonly Readonly<Record<string, unknown>>[];
}

/** What becomes of the next requests. */
export type OtlpMood = 'well' | 'hangs' | 'overloaded' | 'refuses' | 'breaks off' | 'talks nonsense';

interface RawMetric {
  readonly name: string;
  readonly [data: string]: unknown;
}

/** A collector: HTTP with protobuf, as strict as a real one. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  readonly metrics: ReceivedMetric[] = [];
  /** What was wrong with requests. */
  readonly faults: string[] = [];
  /** Every request as it came, for what must not be in any of them. */
  readonly bodies: Buffer[] = [];
  mood: OtlpMood = 'well';
  private readonly listeners = new Set<() => void>();

  private constructor(
    private readonly server: Server,
    private readonly key: string | undefined,
  ) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void this.receive(request, response));
  }

  /** @param key what `authorization` has to be */
  static async start({ key }: { readonly key?: string } = {}): Promise<OtlpReceiver> {
    const server = createServer();
    const receiver = new OtlpReceiver(server, key);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** The first span that matches, also if it is still to come. */
  async span(what: string, matches: (span: ReceivedSpan) => boolean): Promise<ReceivedSpan> {
    const giveUpAt = performance.now() + 15_000;
    for (;;) {
      const found = this.spans.find(matches);
      if (found) return found;
      if (performance.now() > giveUpAt)
        throw new Error(`no span ${what}; there were ${this.spans.map(({ name }) => name).join(', ')}`);
      await this.something(giveUpAt);
    }
  }

  /** Resolves with the next request, whatever becomes of it, or late. */
  something(giveUpAt: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.listeners.delete(done);
        resolve();
      };
      const timer = setTimeout(done, Math.max(1, giveUpAt - performance.now()));
      this.listeners.add(done);
    });
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const body = Buffer.concat(chunks);
    this.bodies.push(body);
    const answer = this.mood === 'well' ? this.take(request, body) : this.misbehave(request);
    for (const listener of this.listeners) listener();
    if (answer === undefined) return;
    response.writeHead(answer, { 'content-type': 'application/x-protobuf' });
    // An ExportTraceServiceResponse without anything in it has no bytes; an error is a google.rpc.Status.
    response.end(answer === 200 ? '' : Buffer.from([0x08, 0x03]));
  }

  private take(request: IncomingMessage, body: Buffer): number {
    const type = requests[request.url as keyof typeof requests];
    if (!type || request.method !== 'POST') return this.fault(404, `${request.method} ${request.url}`);
    if (request.headers['content-type'] !== 'application/x-protobuf')
      return this.fault(415, `content-type ${request.headers['content-type']}`);
    if (this.key !== undefined && request.headers.authorization !== this.key) return this.fault(401, 'authorization');
    try {
      const bytes = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      const message = type.toObject(type.decode(bytes), { longs: String, bytes: String, defaults: false });
      if (request.url === '/v1/traces') this.spans.push(...spansOf(message));
      else this.metrics.push(...metricsOf(message));
      return 200;
    } catch (error) {
      return this.fault(400, String(error));
    }
  }

  /** Undefined: no answer. */
  private misbehave({ socket }: IncomingMessage): number | undefined {
    if (this.mood === 'overloaded') return 429;
    if (this.mood === 'refuses') return 403;
    if (this.mood === 'breaks off') socket.destroy();
    if (this.mood === 'talks nonsense') socket.end('220 mail.example.com ESMTP\r\n');
    return undefined;
  }

  private fault(status: number, problem: string): number {
    this.faults.push(problem);
    return status;
  }
}

function metricsOf(message: Record<string, unknown>): ReceivedMetric[] {
  const { resourceMetrics = [] } = message as {
    resourceMetrics?: { scopeMetrics?: { metrics?: RawMetric[] }[] }[];
  };
  return resourceMetrics
    .flatMap(({ scopeMetrics = [] }) => scopeMetrics.flatMap(({ metrics = [] }) => metrics))
    .map((metric) => ({ name: metric.name, labels: pointsOf(metric).map(labelsOf) }));
}

function pointsOf(metric: RawMetric): { attributes?: { key: string; value: object }[] }[] {
  const data = (metric['gauge'] ?? metric['sum'] ?? metric['histogram']) as { dataPoints?: object[] } | undefined;
  return data?.dataPoints ?? [];
}

function labelsOf({ attributes = [] }: { attributes?: { key: string; value: object }[] }): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
