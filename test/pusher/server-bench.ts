import { type DynamicModule, Global, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import { PusherConfig } from '../../src/config/pusher.config.js';
import { ServerConfig } from '../../src/config/server.config.js';
import { VoiceConfig } from '../../src/config/voice.config.js';
import { Chance } from '../../src/kernel/chance.js';
import { Clock } from '../../src/kernel/clock.js';
import { JobQueue } from '../../src/pusher/jobs/job-queue.js';
import { MemoryJobQueue } from '../../src/pusher/jobs/testing/memory-job-queue.js';
import {
  type FrameFromPusher,
  type FrameToPusher,
  decodeFromPusher,
  encodeToPusher,
} from '../../src/pusher/link/frames.js';
import type { ProcessRequest, ProcessResult } from '../../src/pusher/link/pusher-link.js';
import { PusherSecret } from '../../src/pusher/link/pusher-secret.js';
import { AudioSink } from '../../src/pusher/server/audio-sink.js';
import { ProcessOutcomes, ProcessResults } from '../../src/pusher/server/process-results.js';
import { PusherAdmission } from '../../src/pusher/server/pusher-admission.js';
import { PusherSessions } from '../../src/pusher/server/pusher-sessions.js';
import { PusherGateway } from '../../src/pusher/server/pusher.gateway.js';
import { MemoryAudioSink } from '../../src/pusher/server/testing/memory-audio-sink.js';
import { TranscriptSink } from '../../src/pusher/server/transcript-sink.js';
import type { Segment } from '../../src/services/conversations/conversation-record.js';
import { AttemptLimit } from '../../src/voice/attempt-limit.js';
import { ParleyWsAdapter } from '../../src/voice/ws-adapter.js';
import { Happenings, WatchedClock } from './happenings.js';
import { SECRET, pusherConfig } from './link-bench.js';

/** What conversations say of themselves. */
export class ScriptedOutcomes extends ProcessOutcomes {
  readonly known = new Map<string, ProcessResult>();
  lookUps = 0;
  away = false;

  constructor(private readonly happenings: Happenings) {
    super();
  }

  find(request: ProcessRequest): Promise<ProcessResult | undefined> {
    this.lookUps++;
    this.happenings.happened();
    if (this.away) return Promise.reject(new Error('the store is away'));
    return Promise.resolve(this.known.get(request.jobId));
  }
}

export class ScriptedTranscripts extends TranscriptSink {
  readonly published: { tenant: string; conversationId: string; texts: string[] }[] = [];
  /** Nothing comes back until it is called. */
  release: (() => void) | undefined;
  hangs = false;

  constructor(private readonly happenings: Happenings) {
    super();
  }

  async publish(tenant: string, conversationId: string, segments: readonly Segment[]): Promise<void> {
    this.published.push({ tenant, conversationId, texts: segments.map(({ text }) => text) });
    this.happenings.happened();
    if (this.hangs) await new Promise<void>((resolve) => (this.release = resolve));
  }
}

@Global()
@Module({})
class SurroundingsModule {}

/** The pusher's side as it is in the application, with a clock that stands still and everything behind it in memory. */
export class ServerBench {
  private constructor(
    readonly app: INestApplication,
    readonly happenings: Happenings,
    readonly clock: WatchedClock,
    readonly queue: MemoryJobQueue,
    readonly audio: MemoryAudioSink,
    readonly outcomes: ScriptedOutcomes,
    readonly transcripts: ScriptedTranscripts,
  ) {}

  static async start(settings: Partial<PusherConfig> = {}): Promise<ServerBench> {
    const happenings = new Happenings();
    const clock = new WatchedClock(happenings);
    const queue = new MemoryJobQueue(happenings.happened);
    const audio = new MemoryAudioSink(happenings.happened);
    const outcomes = new ScriptedOutcomes(happenings);
    const transcripts = new ScriptedTranscripts(happenings);
    const config = pusherConfig({ secret: SECRET, ...settings });
    const voice = Object.assign(new VoiceConfig(), { maxFrameBytes: 65_536 });
    const server = Object.assign(new ServerConfig(), { upgradesPerMinute: 3, trustProxy: false });
    const module: DynamicModule = {
      module: SurroundingsModule,
      providers: [
        { provide: Clock, useValue: clock },
        { provide: JobQueue, useValue: queue },
        { provide: AudioSink, useValue: audio },
        { provide: ProcessOutcomes, useValue: outcomes },
        { provide: TranscriptSink, useValue: transcripts },
        { provide: PusherConfig, useValue: config },
        { provide: VoiceConfig, useValue: voice },
        { provide: ServerConfig, useValue: server },
        { provide: Chance, useFactory: () => new Chance(1) },
        PusherSecret,
        ProcessResults,
        AttemptLimit,
        PusherSessions,
        PusherAdmission,
        PusherGateway,
      ],
    };
    const app = await NestFactory.create(module, { logger: false });
    app.useWebSocketAdapter(new ParleyWsAdapter(app, voice.maxFrameBytes));
    await app.listen(0, '127.0.0.1');
    return new ServerBench(app, happenings, clock, queue, audio, outcomes, transcripts);
  }

  get port(): number {
    return ((this.app.getHttpServer() as Server).address() as AddressInfo).port;
  }

  get sessions(): PusherSessions {
    return this.app.get(PusherSessions);
  }

  get results(): ProcessResults {
    return this.app.get(ProcessResults);
  }

  url(query: Record<string, string> = {}): string {
    const asked = { session: 's1', tenant: 'acme', sample_rate: '8000', channels: '1', ...query };
    return `ws://127.0.0.1:${this.port}/api/v1/pusher/ws?${new URLSearchParams(asked).toString()}`;
  }

  /** Resolves once it is ready. */
  async dial(query: Record<string, string> = {}): Promise<RawLink> {
    const link = new RawLink(
      new WebSocket(this.url(query), { headers: { authorization: `Bearer ${SECRET}` } }),
      this.happenings,
    );
    await this.until(() => link.frames.length > 0 || link.closed !== undefined);
    return link;
  }

  /** The status with which the upgrade is refused; 101 if it is not. */
  status(headers: Record<string, string>, query: Record<string, string> = {}): Promise<number> {
    const socket = new WebSocket(this.url(query), { headers });
    return new Promise((resolve) => {
      socket.once('open', () => {
        socket.terminate();
        resolve(101);
      });
      socket.once('unexpected-response', (_request, response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      socket.on('error', () => undefined);
    });
  }

  until(condition: () => boolean): Promise<void> {
    return this.happenings.until(condition);
  }

  async stop(): Promise<void> {
    this.transcripts.release?.();
    await this.app.close();
  }
}

/** A bare connection, which sends whatever the test wants. */
export class RawLink {
  readonly frames: FrameFromPusher[] = [];
  closed: { code: number; reason: string } | undefined;

  constructor(
    readonly socket: WebSocket,
    private readonly happenings: Happenings,
  ) {
    socket.on('message', (data: Buffer) => {
      this.frames.push(decodeFromPusher(data));
      happenings.happened();
    });
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      happenings.happened();
    });
    socket.on('error', () => undefined);
  }

  send(...frames: (FrameToPusher | Buffer | string)[]): void {
    for (const frame of frames)
      this.socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : encodeToPusher(frame));
  }

  of<T extends FrameFromPusher['type']>(type: T): Extract<FrameFromPusher, { type: T }>[] {
    return this.frames.filter((frame): frame is Extract<FrameFromPusher, { type: T }> => frame.type === type);
  }

  async gets<T extends FrameFromPusher['type']>(type: T, count = 1): Promise<Extract<FrameFromPusher, { type: T }>[]> {
    await this.happenings.until(() => this.of(type).length >= count);
    return this.of(type);
  }

  /** Resolves once the server has heard all that was sent before. */
  async isHeard(): Promise<void> {
    const count = this.of('heartbeat').length + 1;
    this.send({ type: 'heartbeat' });
    await this.gets('heartbeat', count);
  }
}
