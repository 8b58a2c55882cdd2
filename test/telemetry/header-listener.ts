import { type IncomingHttpHeaders, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Takes whatever it is sent, and keeps with which headers. */
export class HeaderListener {
  headers: IncomingHttpHeaders = {};
  /** Resolves with the first request. */
  readonly heard: Promise<void>;

  private constructor(private readonly server: Server) {
    this.heard = new Promise((resolve) =>
      server.on('request', (request, response) => {
        this.headers = request.headers;
        request.resume();
        response.writeHead(204).end();
        resolve();
      }),
    );
  }

  static async start(): Promise<HeaderListener> {
    const server = createServer();
    const listener = new HeaderListener(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return listener;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hooks`;
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}
