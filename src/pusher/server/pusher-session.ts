import type { WebSocket } from 'ws';
import { Aborted, childController } from '../../kernel/abort.js';
import type { Clock } from '../../kernel/clock.js';
import { CloseCode } from '../../kernel/close-codes.js';
import { messageOf } from '../../kernel/errors.js';
import { TaskSupervisor } from '../../kernel/task-supervisor.js';
import { ClientSocket } from '../../voice/client-socket.js';
import {
  type FrameFromPusher,
  type FrameToPusher,
  MalformedFrame,
  decodeToPusher,
  encodeFromPusher,
} from '../link/frames.js';
import { AudioIntake } from './audio-intake.js';
import type { AudioSink, UploadOptions } from './audio-sink.js';
import { type RequestTools, SessionRequests } from './session-requests.js';
import { TranscriptQueue } from './transcript-queue.js';
import type { TranscriptSink } from './transcript-sink.js';

const STOP_MS = 5000;
/** What a pusher that is on its way out closes with. */
export const GOING_AWAY = CloseCode.Idle;

export interface SessionTools extends RequestTools {
  readonly clock: Clock;
  readonly audio: AudioSink;
  readonly transcripts: TranscriptSink;
  readonly receiveTimeoutMs: number;
  readonly drainMs: number;
  readonly audioWindowBytes: number;
  readonly maxFrameBytes: number;
  readonly onBatchDropped: () => void;
  readonly onMalformed: () => void;
  readonly warn: (line: string) => void;
}

/** One link, seen from the pusher. Its tasks end with it; the jobs that it has asked for do not. */
export class PusherSession {
  private readonly client: ClientSocket;
  private readonly supervisor: TaskSupervisor;
  private readonly requests: SessionRequests;
  private readonly transcripts: TranscriptQueue;
  private readonly audio: AudioIntake;
  /** Aborts when there is nobody any more who could be answered. */
  private readonly connected: AbortController;
  private heardAt: number;
  private flushes = 0;
  private saidProblem = false;
  private ending: Promise<void> | undefined;
  private onEnded: () => void = () => undefined;
  private readonly ended = new Promise<void>((resolve) => (this.onEnded = resolve));

  /** Listens from now on. */
  constructor(
    private readonly socket: WebSocket,
    private readonly options: UploadOptions,
    private readonly tools: SessionTools,
  ) {
    const { clock, audio, transcripts } = tools;
    this.heardAt = clock.now();
    this.client = new ClientSocket(socket, clock);
    this.supervisor = new TaskSupervisor(
      new AbortController().signal,
      clock,
      () => void this.end(CloseCode.Internal, 'failed'),
      (name, problem) => this.warn(`task "${name}" ${problem}`),
    );
    this.connected = childController(this.supervisor.signal);
    this.requests = new SessionRequests(
      tools,
      (frame) => this.send(frame),
      (name, work) => void this.supervisor.spawn(name, () => work(this.connected.signal)),
      (problem) => this.problem(problem),
    );
    this.transcripts = new TranscriptQueue(options.tenant, transcripts, clock, tools.onBatchDropped, (problem) =>
      this.problem(problem),
    );
    this.audio = new AudioIntake(audio, options, tools.audioWindowBytes, (conversationId, untilMs) =>
      this.send({ type: 'kept', conversationId, untilMs }),
    );
    socket.on('message', this.onMessage);
  }

  /** Resolves when the session is over, and nothing is left of it. Never rejects. */
  async serve(): Promise<void> {
    const { audio, audioWindowBytes, maxFrameBytes } = this.tools;
    void this.supervisor.spawn('connection', () => this.disconnected(), { lifetime: true });
    void this.supervisor.spawn('silence', (signal) => this.silence(signal), { lifetime: true });
    void this.supervisor.spawn('transcripts', (signal) => this.transcripts.run(signal), { lifetime: true });
    this.send({ type: 'ready', audio: audio.wanted, audioWindowBytes, maxFrameBytes });
    await this.ended;
  }

  /** What has come is archived first, and the link told so; it makes its next connection to another pusher. */
  async drain(withinMs: number): Promise<void> {
    this.ending ??= this.finish(withinMs, () => this.client.close(GOING_AWAY, 'draining'));
    await this.ending;
  }

  private end(code: CloseCode, reason: string): Promise<void> {
    if (this.ending) return this.ending;
    this.client.close(code, reason);
    return (this.ending = this.finish(this.tools.drainMs, () => undefined));
  }

  private async finish(withinMs: number, close: () => void): Promise<void> {
    // What comes from now on is not acknowledged, and so comes again, to somebody else.
    this.socket.off('message', this.onMessage);
    this.connected.abort(new Aborted('hangup'));
    try {
      this.flushAudio();
      void this.supervisor.spawn('last segments', () => this.transcripts.flush());
      await this.supervisor.drain('drain', withinMs);
      close();
      await this.supervisor.stop('shutdown', STOP_MS);
      this.audio.close();
    } finally {
      this.onEnded();
    }
  }

  private readonly onMessage = (data: Buffer, isBinary: boolean): void => {
    this.heardAt = this.tools.clock.now();
    try {
      if (!isBinary) throw new MalformedFrame('A frame that is text');
      this.take(decodeToPusher(data, this.options.channels));
    } catch (error) {
      this.warn(messageOf(error));
      if (!(error instanceof MalformedFrame)) return void this.end(CloseCode.Internal, 'failed');
      this.tools.onMalformed();
      void this.end(CloseCode.Malformed, 'malformed frame');
    }
  };

  private take(frame: FrameToPusher): void {
    switch (frame.type) {
      case 'heartbeat':
        return this.send({ type: 'heartbeat' });
      case 'audio':
        return this.audio.write(frame.startMs, frame.pcm);
      case 'segments':
        return this.transcripts.add(frame);
      case 'conversation':
        if (this.audio.setConversation(frame.conversationId)) this.flushAudio();
        return;
      case 'process':
        this.checkTenant(frame.request.tenant);
        return this.requests.process(frame.request);
      case 'sample':
        this.checkTenant(frame.request.tenant);
        return this.requests.learnVoice(frame.jobId, frame.request);
    }
  }

  /** A link is one tenant's: a request of another one is a mistake, or worse. */
  private checkTenant(tenant: string): void {
    if (tenant !== this.options.tenant) throw new MalformedFrame('A request of another tenant');
  }

  private flushAudio(): void {
    void this.supervisor.spawn(`archive ${++this.flushes}`, () => this.audio.flush());
  }

  private disconnected(): Promise<void> {
    if (this.socket.readyState === this.socket.CLOSED) return Promise.resolve();
    return new Promise((resolve) => this.socket.once('close', () => resolve()));
  }

  private async silence(signal: AbortSignal): Promise<void> {
    const { clock, receiveTimeoutMs } = this.tools;
    for (let leftMs = receiveTimeoutMs; leftMs > 0; leftMs = this.heardAt + receiveTimeoutMs - clock.now())
      await clock.delay(leftMs, signal);
    void this.end(CloseCode.Internal, 'nothing was heard for too long');
  }

  private send(frame: FrameFromPusher): void {
    this.client.sendBinary(encodeFromPusher(frame));
  }

  /** Of what is tried again and again, the first one is told. */
  private problem(problem: string): void {
    if (!this.saidProblem) this.warn(problem);
    this.saidProblem = true;
  }

  private warn(problem: string): void {
    this.tools.warn(`Link of session ${this.options.sessionId}: ${problem}`);
  }
}
