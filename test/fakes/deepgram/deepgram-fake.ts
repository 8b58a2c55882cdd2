import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';

const KEY = 'the-secret-deepgram-key';
const WORD_MS = 100;
const REQUIRED: Readonly<Record<string, RegExp>> = {
  model: /^nova-/,
  language: /^[a-z]{2}(-\w+)?$/,
  encoding: /^linear16$/,
  sample_rate: /^(8000|16000|24000|48000)$/,
};

export interface DeepgramFaults {
  refuse?: number | undefined;
  hangs?: boolean;
  /** After so much audio the connection is closed with 1011. */
  diesAfterMs?: number | undefined;
  garbageAfterMs?: number | undefined;
  /** `Finalize` is not answered, nor is anything final. */
  neverFinal?: boolean;
  /** `Finalize` is not answered when everything is final already. */
  silentWhenNothingIsLeft?: boolean;
}

/** Audio of one connection, and where in it `Finalize` came. */
interface HeardStream {
  readonly query: URLSearchParams;
  pcm: Int16Array;
  /** In samples. */
  readonly finalizedAt: number[];
  keepAlives: number;
}

/** Deepgram's streaming recognition on loopback. It hears a word each 100 ms of what it is told to hear. */
export class DeepgramFake {
  readonly key = KEY;
  readonly url: string;
  readonly streams: HeardStream[] = [];
  readonly complaints: string[] = [];
  attempts = 0;
  faults: DeepgramFaults = {};
  private readonly scripts: string[] = [];
  private readonly sockets = new Set<WebSocket>();
  private readonly hanging = new Set<Duplex>();
  private readonly waiting = new Set<() => void>();
  private readonly upgrades = new WebSocketServer({ noServer: true });

  private constructor(private readonly server: Server) {
    this.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head));
  }

  static async start(): Promise<DeepgramFake> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new DeepgramFake(server);
  }

  hears(...utterances: string[]): this {
    this.scripts.push(...utterances);
    return this;
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.waiting.add(resolve));
  }

  /** Closes all connections as the service does with those that have sent nothing for ten seconds. */
  dropIdle(): void {
    for (const socket of this.sockets) socket.close(1011, 'NET-0001 did not receive audio data in time');
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    for (const socket of this.hanging) socket.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.attempts++;
    this.tell();
    const url = new URL(request.url!, this.url);
    const refuse = (status: number, code: string): void => {
      const body = JSON.stringify({ err_code: code, err_msg: code, request_id: 'r' });
      socket.end(
        `HTTP/1.1 ${status} Refused\r\ndg-error: ${code}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
    };
    if (this.faults.hangs) return void this.hanging.add(socket);
    if (url.pathname !== '/v1/listen') return refuse(404, 'NOT_FOUND');
    if (this.faults.refuse !== undefined) return refuse(this.faults.refuse, 'REFUSED');
    const isTokenIn = (name: string): boolean => request.headers[name]?.toString() === `Token ${KEY}`;
    if (!isTokenIn('authorization')) return refuse(401, 'INVALID_AUTH');
    const wrong = Object.entries(REQUIRED).find(([name, allowed]) => !allowed.test(url.searchParams.get(name) ?? ''));
    if (wrong) return refuse(400, `Bad Request: ${wrong[0]}`);
    this.upgrades.handleUpgrade(request, socket, head, (client) => this.accept(client, url.searchParams));
  }

  private accept(client: WebSocket, query: URLSearchParams): void {
    const stream: HeardStream = { query, pcm: new Int16Array(0), finalizedAt: [], keepAlives: 0 };
    this.streams.push(stream);
    this.sockets.add(client);
    const session = new LiveSession(client, stream, this.faults, () => this.scripts.shift() ?? '');
    client.on('message', (data: Buffer, isBinary) => {
      try {
        if (isBinary) session.audio(data);
        else session.control(data.toString());
      } catch (error) {
        this.complaints.push((error as Error).message);
        client.close(1008, `DATA-0000 ${(error as Error).message}`);
      }
      this.tell();
    });
    client.on('close', () => {
      this.sockets.delete(client);
      this.tell();
    });
    this.tell();
  }

  private tell(): void {
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }
}

class LiveSession {
  private readonly rate: number;
  /** Start of what is not final, in samples. */
  private base = 0;
  private words: string[] | undefined;

  constructor(
    private readonly client: WebSocket,
    private readonly stream: HeardStream,
    private readonly faults: DeepgramFaults,
    private readonly nextScript: () => string,
  ) {
    this.rate = Number(stream.query.get('sample_rate'));
  }

  audio(data: Buffer): void {
    if (data.length === 0 || data.length % 2 === 1) throw new Error('audio must be whole samples');
    const { stream } = this;
    const all = new Int16Array(stream.pcm.length + data.length / 2);
    all.set(stream.pcm);
    for (let i = 0; i < data.length / 2; i++) all[stream.pcm.length + i] = data.readInt16LE(i * 2);
    stream.pcm = all;
    const heardMs = ((all.length - this.base) * 1000) / this.rate;
    if (this.faults.diesAfterMs !== undefined && heardMs >= this.faults.diesAfterMs)
      return this.client.close(1011, 'NET-0000 something went wrong');
    if (this.faults.garbageAfterMs !== undefined && heardMs >= this.faults.garbageAfterMs)
      return this.client.send('{"type":"Results","channel":[]}');
    const known = Math.floor(heardMs / WORD_MS);
    this.words ??= this.nextScript().split(' ').filter(Boolean);
    if (known > 0 && known <= this.words.length && this.stream.query.get('interim_results') === 'true')
      this.results(this.words.slice(0, known), false, false);
  }

  control(text: string): void {
    const { type } = JSON.parse(text) as { type?: string };
    if (type === 'KeepAlive') this.stream.keepAlives++;
    else if (type === 'Finalize') this.finalize();
    else if (type === 'CloseStream') {
      this.client.send(JSON.stringify({ type: 'Metadata', request_id: 'r', duration: 0, channels: 1 }));
      this.client.close(1000);
    } else throw new Error(`unknown message ${type}`);
  }

  private finalize(): void {
    this.stream.finalizedAt.push(this.stream.pcm.length);
    if (this.faults.neverFinal) return;
    const words = this.words ?? [];
    if (this.faults.silentWhenNothingIsLeft) this.results(words, true, false);
    else this.results(words, true, true);
    this.base = this.stream.pcm.length;
    this.words = undefined;
  }

  private results(words: readonly string[], isFinal: boolean, fromFinalize: boolean): void {
    const start = this.base / this.rate;
    // Half the time the service leaves the silence at the end to the next one.
    const cut = this.faults.silentWhenNothingIsLeft ? 0.2 : 0;
    const isDiarized = this.stream.query.get('diarize') === 'true';
    this.client.send(
      JSON.stringify({
        type: 'Results',
        channel_index: [0, 1],
        start,
        duration: Math.max(0, (this.stream.pcm.length - this.base) / this.rate - cut),
        is_final: isFinal,
        speech_final: isFinal,
        from_finalize: fromFinalize,
        channel: {
          alternatives: [
            {
              transcript: words.join(' '),
              confidence: words.length > 0 ? 0.95 : 0,
              words: words.map((word, index) => ({
                word,
                start: start + (index * WORD_MS) / 1000,
                end: start + ((index + 1) * WORD_MS) / 1000,
                confidence: 0.95,
                // Somebody else says the second half.
                ...(isDiarized && { speaker: index < words.length / 2 ? 0 : 1, speaker_confidence: 0.9 }),
              })),
            },
          ],
        },
        metadata: { request_id: 'r', model_info: {}, model_uuid: 'm' },
      }),
    );
  }
}
