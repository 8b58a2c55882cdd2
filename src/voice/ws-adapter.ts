import { type INestApplication, Logger, type WebSocketAdapter } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { Aborted } from '../kernel/abort.js';
import { CloseCode } from '../kernel/close-codes.js';
import { messageOf } from '../kernel/errors.js';
import { type Refusal, UpgradePolicy } from './upgrade-policy.js';

export interface WsRouteOptions {
  readonly path: string;
  readonly policy: abstract new (...args: never[]) => UpgradePolicy;
}

interface Route {
  readonly server: WebSocketServer;
  readonly policy: UpgradePolicy;
}

/** How long a client may take at shutdown: to answer a close frame, to fetch the rest of an answer. */
const CLOSE_GRACE_MS = 2000;

/**
 * WebSockets for Nest without its message handling: frames never pass a decorator, a pipe or a stream (the stock
 * adapter parses every binary frame as JSON, at three times the cost). A gateway gets the socket and its ticket, and
 * listens itself. Whoever may not come in is told so with an HTTP status instead of a `101`.
 */
export class ParleyWsAdapter implements WebSocketAdapter<WebSocketServer, WebSocket, WsRouteOptions> {
  private readonly logger = new Logger('WebSocket');
  private readonly routes = new Map<string, Route>();
  private readonly upgrades = metrics.getMeter('parley.voice').createCounter('websocket.upgrades', {
    description: 'Requests to open a WebSocket, by route and outcome: admitted, gone, or the code of the refusal',
  });
  private readonly http: Server;
  /** Connections without a request, as balancers and browsers make them in advance: the HTTP server would wait for one. */
  private readonly silent = new Set<Duplex>();

  constructor(
    private readonly app: INestApplication,
    private readonly maxFrameBytes: number,
  ) {
    this.http = app.getHttpServer() as Server;
    this.http.on('upgrade', this.onUpgrade);
    this.http.on('connection', (socket) => {
      this.silent.add(socket);
      socket.once('close', () => this.silent.delete(socket));
    });
    for (const event of ['request', 'upgrade'] as const)
      this.http.on(event, ({ socket }: IncomingMessage) => void this.silent.delete(socket));
  }

  create(_port: number, options?: WsRouteOptions): WebSocketServer {
    if (!options?.path || !options.policy) throw new Error('A gateway needs { path, policy }');
    const server = new WebSocketServer({ noServer: true, maxPayload: this.maxFrameBytes, perMessageDeflate: false });
    this.routes.set(options.path, { server, policy: this.app.get(options.policy, { strict: false }) });
    return server;
  }

  bindClientConnect(server: WebSocketServer, callback: (...connection: unknown[]) => void): void {
    server.on('connection', callback);
  }

  bindMessageHandlers(): void {
    // Gateways attach their own listener, synchronously, in handleConnection.
  }

  async close(server: WebSocketServer): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const client of server.clients) client.close(CloseCode.Restart, 'service restart');
    const grace = setTimeout(() => server.clients.forEach((client) => client.terminate()), CLOSE_GRACE_MS);
    await closed;
    clearTimeout(grace);
  }

  dispose(): Promise<void> {
    this.http.off('upgrade', this.onUpgrade);
    for (const socket of this.silent) socket.destroy();
    const grace = setTimeout(() => this.http.closeAllConnections(), CLOSE_GRACE_MS);
    this.http.once('close', () => clearTimeout(grace));
    return Promise.resolve();
  }

  private readonly onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', ignore);
    this.upgrade(request, socket, head).catch((error: unknown) => {
      this.logger.error(`Upgrade failed: ${messageOf(error)}`);
      this.upgrades.add(1, { outcome: 'internal' });
      refuse(socket, { status: 500, code: 'internal', message: 'Internal error' });
    });
  };

  private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const url = urlOf(request);
    const path = url?.pathname.replace(/\/+$/, '');
    const route = path === undefined ? undefined : this.routes.get(path);
    if (!url || !route) {
      this.upgrades.add(1, { outcome: 'not_found' });
      return refuse(socket, { status: 404, code: 'not_found', message: 'There is no WebSocket at this path' });
    }

    const waiting = new WaitingSocket(socket, head);
    const admission = await route.policy.admit(request, url, waiting.gone);
    const firstBytes = waiting.end();
    const outcome = waiting.gone.aborted ? 'gone' : admission.admitted ? 'admitted' : admission.refusal.code;
    this.upgrades.add(1, { route: path!, outcome });
    if (!admission.admitted) return refuse(socket, admission.refusal);
    // Until the gateway has it, the ticket goes back with the connection: a handshake can fail without an event of its own.
    const release = (): void => admission.ticket.release();
    socket.once('close', release);
    if (socket.destroyed) return release();

    route.server.handleUpgrade(request, socket, firstBytes, (client) => {
      socket.off('error', ignore).off('close', release);
      // Nest keeps the last socket of a gateway until the next one comes: it must not keep the call as well.
      client.once('close', () => client.removeAllListeners('message'));
      client.on('error', (error) => this.logger.debug(`Socket: ${error.message}`));
      route.server.emit('connection', client, request, admission.ticket);
      // It was paused when waiting ended; the gateway's listener is attached now.
      socket.resume();
    });
  }
}

const MAX_EARLY_BYTES = 64 * 1024;

/** A socket nobody reads does not notice that its client has gone; while it waits for admission, this reads it. */
class WaitingSocket {
  private readonly controller = new AbortController();
  private readonly early: Buffer[];
  private earlyBytes = 0;

  constructor(
    private readonly socket: Duplex,
    head: Buffer,
  ) {
    this.early = [head];
    socket.on('data', this.onData).on('end', this.onEnd).on('close', this.onClose);
  }

  get gone(): AbortSignal {
    return this.controller.signal;
  }

  /** Stops reading; returns what the client has sent in the meantime. */
  end(): Buffer {
    this.socket.off('data', this.onData).off('end', this.onEnd).off('close', this.onClose).pause();
    return Buffer.concat(this.early);
  }

  private readonly onData = (bytes: Buffer): void => {
    this.early.push(bytes);
    this.earlyBytes += bytes.length;
    if (this.earlyBytes > MAX_EARLY_BYTES) this.socket.destroy();
  };

  private readonly onEnd = (): void => void this.socket.destroy();

  private readonly onClose = (): void => this.controller.abort(new Aborted('hangup', 'the client went away'));
}

function ignore(): void {
  // A client that resets its connection during the handshake is not news; `close` follows.
}

function urlOf(request: IncomingMessage): URL | undefined {
  return URL.parse(request.url ?? '', 'ws://localhost') ?? undefined;
}

function refuse(socket: Duplex, refusal: Refusal): void {
  if (socket.destroyed) return;
  const { status, code, message, retryAfterSeconds } = refusal;
  const body = JSON.stringify({
    error: { code, message, ...(retryAfterSeconds === undefined ? {} : { retry_after_s: retryAfterSeconds }) },
  });
  const headers = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(retryAfterSeconds === undefined ? [] : [`Retry-After: ${retryAfterSeconds}`]),
    ...(status === 401 ? ['WWW-Authenticate: Bearer'] : []),
  ];
  socket.end(`${headers.join('\r\n')}\r\n\r\n${body}`);
}
