import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type HeardPhrases, type HeardUtterance, type RecognitionFaults, RecognitionSession } from './recognition.js';
import { type SpokenText, type SynthesisFaults, SynthesisSession } from './synthesis.js';
import { parseUsp } from './usp.js';

const RECOGNITION = ['/stt/speech/universal/v2', '/speech/recognition/conversation/cognitiveservices/v1'];
const SYNTHESIS = '/tts/cognitiveservices/websocket/v1';
const KEY = 'the-secret-azure-key';

/** What becomes of connections, besides what happens on them. */
interface ConnectionFaults {
  /** The status they are refused with. */
  refuse?: number | undefined;
  /** They are never answered. */
  hangs?: boolean;
}

/** Azure Speech on loopback: tokens, recognition and synthesis, by the protocol that Microsoft's SDK speaks. */
export class AzureSpeechFake {
  readonly key = KEY;
  readonly url: string;
  readonly heard: HeardUtterance[] = [];
  readonly spoken: SpokenText[] = [];
  /** Why connections were ended: what a real service would have refused. */
  readonly complaints: string[] = [];
  readonly tokens: string[] = [];
  connections = 0;
  attempts = 0;
  stops = 0;
  /** Utterances that were begun. */
  turns = 0;
  stt: RecognitionFaults & ConnectionFaults = {};
  tts: SynthesisFaults & ConnectionFaults = {};
  /** The status that tokens are refused with. */
  tokenStatus = 200;
  private readonly scripts: HeardPhrases[] = [];
  private readonly sockets = new Set<WebSocket>();
  private readonly hanging = new Set<Duplex>();
  private readonly waiting = new Set<() => void>();
  private readonly upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false });

  private constructor(private readonly server: Server) {
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => {
      request.resume();
      if (request.method !== 'POST' || request.url !== '/sts/v1.0/issueToken') return response.writeHead(404).end();
      if (request.headers['ocp-apim-subscription-key'] !== KEY) return response.writeHead(401).end('Access denied');
      if (this.tokenStatus !== 200) return response.writeHead(this.tokenStatus).end();
      const token = `token-${this.tokens.length + 1}-secret`;
      this.tokens.push(token);
      return response.end(token);
    });
    server.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head));
  }

  static async start(): Promise<AzureSpeechFake> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new AzureSpeechFake(server);
  }

  /** What the next utterances are heard as; nothing after that. */
  hears(...utterances: (string | HeardPhrases)[]): this {
    this.scripts.push(...utterances.map((heard) => (typeof heard === 'string' ? [heard] : heard)));
    return this;
  }

  /** Resolves when `condition` holds; looked at whenever something has happened here. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.waiting.add(resolve));
  }

  /** Cuts all connections. */
  drop(): void {
    for (const socket of this.sockets) socket.terminate();
  }

  async stop(): Promise<void> {
    this.drop();
    for (const socket of this.hanging) socket.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.attempts++;
    this.tell();
    const url = new URL(request.url!, this.url);
    const isRecognition = RECOGNITION.includes(url.pathname);
    const faults = isRecognition ? this.stt : this.tts;
    const refuse = (status: number): void => void socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\n\r\n`);
    if (faults.hangs) return void this.hanging.add(socket);
    if (!isRecognition && url.pathname !== SYNTHESIS) return refuse(404);
    if (faults.refuse !== undefined) return refuse(faults.refuse);
    const authorization = url.searchParams.get('Authorization') ?? '';
    if (!this.tokens.includes(authorization.replace(/^Bearer /, ''))) return refuse(401);
    if (isRecognition && url.searchParams.get('format') !== 'detailed') return refuse(400);
    this.upgrades.handleUpgrade(request, socket, head, (client) => this.accept(client, url, isRecognition));
  }

  private accept(client: WebSocket, url: URL, isRecognition: boolean): void {
    this.connections++;
    this.sockets.add(client);
    const session = isRecognition
      ? new RecognitionSession(
          client,
          url.searchParams,
          () => {
            this.turns++;
            return this.scripts.shift() ?? [];
          },
          this.stt,
          (utterance) => this.heard.push(utterance),
        )
      : new SynthesisSession(
          client,
          url.searchParams,
          this.tts,
          (text) => this.spoken.push(text),
          () => this.stops++,
        );
    client.on('message', (data, isBinary) => {
      try {
        session.take(parseUsp(data, isBinary));
      } catch (error) {
        this.complaints.push((error as Error).message);
        client.close(1007, (error as Error).message.slice(0, 100));
      }
      this.tell();
    });
    client.on('close', () => {
      this.sockets.delete(client);
      this.tell();
    });
    client.on('error', () => undefined);
    this.tell();
  }

  private tell(): void {
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }
}
