import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  type FrameFromPusher,
  type FrameToPusher,
  decodeToPusher,
  encodeFromPusher,
} from '../../src/pusher/link/frames.js';
import type { Happenings } from './happenings.js';

/** What it does with who connects: `hang` takes the connection and says nothing, `drain` sends it away at once. */
export type Manners = 'ready' | 'hang' | 'drain' | 'refuse';

/** One connection of a link, as the pusher sees it. */
export class PusherPeer {
  readonly frames: FrameToPusher[] = [];
  readonly raw: Buffer[] = [];
  closed: { code: number; reason: string } | undefined;

  constructor(
    readonly socket: WebSocket,
    readonly request: IncomingMessage,
    private readonly happenings: Happenings,
  ) {
    socket.on('message', (data: Buffer) => {
      this.raw.push(Buffer.from(data));
      this.frames.push(decodeToPusher(Buffer.from(data), 1));
      happenings.happened();
    });
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      happenings.happened();
    });
    socket.on('error', () => undefined);
  }

  send(frame: FrameFromPusher): void {
    this.socket.send(encodeFromPusher(frame));
  }

  ready(audio = true, audioWindowBytes = 20_000_000, maxFrameBytes = 65_536): void {
    this.send({ type: 'ready', audio, audioWindowBytes, maxFrameBytes });
  }

  of<T extends FrameToPusher['type']>(type: T): Extract<FrameToPusher, { type: T }>[] {
    return this.frames.filter((frame): frame is Extract<FrameToPusher, { type: T }> => frame.type === type);
  }

  async gets<T extends FrameToPusher['type']>(type: T, count = 1): Promise<Extract<FrameToPusher, { type: T }>[]> {
    await this.happenings.until(() => this.of(type).length >= count);
    return this.of(type);
  }

  /** Ids of the jobs that were asked for, in order. */
  get jobs(): string[] {
    return this.of('process').map(({ request }) => request.jobId);
  }

  /** `103 c1`, `audio 0-200`: what came of the audio, times in ms since `startMs`, frames without a gap together. */
  audioLog(startMs: number): string[] {
    const log: string[] = [];
    let open: { from: number; to: number } | undefined;
    const end = (): void => {
      if (open) log.push(`audio ${Math.round(open.from)}-${Math.round(open.to)}`);
      open = undefined;
    };
    for (const frame of this.frames) {
      if (frame.type === 'conversation') {
        end();
        log.push(`103 ${frame.conversationId}`);
      }
      if (frame.type !== 'audio') continue;
      const from = frame.startMs - startMs;
      if (open && Math.abs(open.to - from) > 0.5) end();
      open ??= { from, to: from };
      open.to = from + frame.pcm.length / 16;
    }
    end();
    return log;
  }
}

/** A pusher that does what the test says, on a real socket. */
export class ScriptedPusher {
  readonly peers: PusherPeer[] = [];
  /** Attempts to connect, whatever became of them. */
  attempts = 0;
  manners: Manners = 'ready';
  audio = true;
  audioWindowBytes = 20_000_000;
  private readonly sockets: WebSocketServer = new WebSocketServer({ noServer: true });

  private constructor(
    private readonly http: Server,
    private readonly happenings: Happenings,
  ) {
    http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.attempts++;
      if (this.manners === 'refuse') socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n');
      else this.sockets.handleUpgrade(request, socket, head, (client) => this.welcome(client, request));
      happenings.happened();
    });
  }

  static async start(happenings: Happenings): Promise<ScriptedPusher> {
    const http = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => http.once('listening', resolve));
    return new ScriptedPusher(http, happenings);
  }

  get port(): number {
    return (this.http.address() as AddressInfo).port;
  }

  /** The nth connection, from 0. */
  async peer(index: number): Promise<PusherPeer> {
    await this.happenings.until(() => this.peers.length > index);
    return this.peers[index]!;
  }

  async stop(): Promise<void> {
    for (const client of this.sockets.clients) client.terminate();
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  private welcome(client: WebSocket, request: IncomingMessage): void {
    const peer = new PusherPeer(client, request, this.happenings);
    this.peers.push(peer);
    if (this.manners === 'ready') peer.ready(this.audio, this.audioWindowBytes);
    if (this.manners === 'drain') client.close(1001, 'draining');
    this.happenings.happened();
  }
}
