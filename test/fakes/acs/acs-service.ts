import { type CryptoKey, type JWTPayload, SignJWT, exportJWK, generateKeyPair } from 'jose';
import { createHash, createHmac, randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AcsPhone } from './acs-phone.js';

export const RESOURCE_ID = '3b1f0c1e-0000-4000-8000-00805f9b34fb';
const ISSUER = 'https://acscallautomation.communication.azure.com';
const ACCESS_KEY = Buffer.from('an-access-key-of-the-tests').toString('base64');

interface Order {
  readonly method: string;
  readonly path: string;
  readonly body: Record<string, unknown>;
}

/**
 * Azure Communication Services on loopback: its REST interface with signed requests, its public keys, the media streams
 * that it opens and the events that it posts. Refuses what the service would refuse.
 */
export class AcsService {
  /** Orders that were signed as they must be. */
  readonly orders: Order[] = [];
  /** How many of the next orders it answers with 503. */
  busyFor = 0;
  /** Whether it gives out its public keys. */
  givesKeys = true;
  private privateKey!: CryptoKey;
  private publicKey!: object;
  private calls = 0;
  private callbackUrl = '';
  private readonly dialled: ((phone: AcsPhone) => void)[] = [];
  private readonly listeners = new Set<() => void>();

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => void this.handle(request, response));
  }

  static async start(): Promise<AcsService> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const service = new AcsService(server);
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    service.privateKey = privateKey;
    service.publicKey = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
    return service;
  }

  /** For the server under test. */
  get settings(): NodeJS.ProcessEnv {
    return {
      ACS_CONNECTION_STRING: `endpoint=${this.url}/;accesskey=${ACCESS_KEY}`,
      ACS_RESOURCE_ID: RESOURCE_ID,
      ACS_JWKS_URL: `${this.url}/calling/keys`,
      ACS_EVENT_SECRET: 'an-event-grid-secret',
      ACS_SOURCE_NUMBER: '+15550100',
      ACS_TRANSFER_TARGETS: 'customer_service=+15550123,tech=8:acs:tech',
    };
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The media stream of the next call that is answered or placed. */
  phone(): Promise<AcsPhone> {
    return new Promise((resolve) => this.dialled.push(resolve));
  }

  async headers(callId: string, claims: JWTPayload = {}, expires = '5m'): Promise<Record<string, string>> {
    return { authorization: `Bearer ${await this.token(claims, expires)}`, 'x-ms-call-connection-id': callId };
  }

  async token({ iss = ISSUER, aud = RESOURCE_ID, ...rest }: JWTPayload = {}, expires = '5m'): Promise<string> {
    return new SignJWT({ iss, aud, ...rest })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .setIssuedAt()
      .setExpirationTime(expires)
      .sign(this.privateKey);
  }

  /** Posts an event of a call as the service does; returns the status it got. */
  async tell(callId: string, type: string, data: Record<string, unknown> = {}, token?: string): Promise<number> {
    const response = await fetch(this.callbackUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token ?? (await this.token())}` },
      body: JSON.stringify([cloudEvent(callId, type, data)]),
    });
    return response.status;
  }

  paths(): string[] {
    return this.orders.map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.listeners.add(resolve));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const path = request.url!;
    if (path === '/calling/keys') {
      if (!this.givesKeys) return void response.writeHead(500).end();
      return answer(response, 200, { keys: [this.publicKey] });
    }
    if (!isSigned(request, body)) return answer(response, 401, { error: { code: 'Unauthorized', message: 'no' } });
    if (this.busyFor > 0) {
      this.busyFor--;
      return answer(response, 503, { error: { code: 'Busy', message: 'later' } });
    }
    const order = { method: request.method!, path, body: body === '' ? {} : (JSON.parse(body) as Order['body']) };
    this.orders.push(order);
    this.carryOut(order, response);
    for (const listener of this.listeners) listener();
    this.listeners.clear();
  }

  private carryOut({ method, path, body }: Order, response: ServerResponse): void {
    if (!path.includes('api-version='))
      return answer(response, 400, { error: { code: 'BadRequest', message: 'no version' } });
    if (/^\/calling\/callConnections(:answer)?\?/.test(path) && method === 'POST')
      return this.connect(body, response, path.includes(':answer') ? 200 : 201);
    if (/:reject\?/.test(path)) return answer(response, 204);
    if (/:transferToParticipant\?/.test(path))
      return answer(response, 202, { operationContext: body['operationContext'] });
    if (/:terminate\?/.test(path)) return answer(response, path.includes('/gone:') ? 404 : 204);
    answer(response, 404, { error: { code: 'NotFound', message: path } });
  }

  private connect(body: Order['body'], response: ServerResponse, status: number): void {
    const callId = `call-${++this.calls}`;
    const media = body['mediaStreamingOptions'] as Record<string, unknown>;
    this.callbackUrl = String(body['callbackUri']);
    answer(response, status, {
      callConnectionId: callId,
      serverCallId: 'server',
      correlationId: 'correlation',
      callConnectionState: 'connecting',
      callbackUri: this.callbackUrl,
      source: { kind: 'phoneNumber', rawId: '4:+15550001', phoneNumber: { value: '+15550001' } },
      targets: [{ kind: 'communicationUser', rawId: '8:acs:x', communicationUser: { id: '8:acs:x' } }],
    });
    void this.dial(callId, String(media['transportUrl']));
  }

  private async dial(callId: string, url: string): Promise<void> {
    const phone = await AcsPhone.dial(url, await this.headers(callId));
    if (!(phone instanceof AcsPhone)) throw new Error(`The media stream was refused with ${phone}`);
    phone.openLine();
    this.dialled.shift()?.(phone);
  }
}

/** As Event Grid delivers a call that rings. */
export function incomingCall(changes: Record<string, unknown> = {}, data: Record<string, unknown> = {}): object {
  return {
    id: randomUUID(),
    topic: '/subscriptions/x',
    subject: '/caller/4:+15550001/recipient/4:+15550100',
    eventType: 'Microsoft.Communication.IncomingCall',
    dataVersion: '1.0',
    metadataVersion: '1',
    eventTime: new Date().toISOString(),
    data: {
      to: { kind: 'phoneNumber', rawId: '4:+15550100', phoneNumber: { value: '+15550100' } },
      from: { kind: 'phoneNumber', rawId: '4:+15550001', phoneNumber: { value: '+15550001' } },
      serverCallId: 'server',
      callerDisplayName: '',
      incomingCallContext: 'opaque-context',
      correlationId: randomUUID(),
      ...data,
    },
    ...changes,
  };
}

export function cloudEvent(callId: string, type: string, data: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: randomUUID(),
    source: `calling/callConnections/${callId}`,
    type: `Microsoft.Communication.${type}`,
    specversion: '1.0',
    datacontenttype: 'application/json',
    subject: `calling/callConnections/${callId}`,
    time: new Date().toISOString(),
    data: { version: '2026-03-12', callConnectionId: callId, serverCallId: 'server', correlationId: 'c', ...data },
  };
}

function answer(response: ServerResponse, status: number, body?: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body && JSON.stringify(body));
}

function isSigned(request: IncomingMessage, body: string): boolean {
  const hash = createHash('sha256').update(body).digest('base64');
  const date = request.headers['x-ms-date'] as string;
  const text = `${request.method}\n${request.url}\n${date};${request.headers.host};${hash}`;
  const signature = createHmac('sha256', Buffer.from(ACCESS_KEY, 'base64')).update(text).digest('base64');
  return (
    request.headers['x-ms-content-sha256'] === hash &&
    request.headers.authorization ===
      `HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=${signature}`
  );
}
