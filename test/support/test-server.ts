import type { NestExpressApplication } from '@nestjs/platform-express';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { createApp, listen } from '../../src/configure-app.js';
import type { SessionEvent } from '../../src/conversation/session-events.js';
import { EventBus } from '../../src/events/event-bus.js';
import { LifecycleService } from '../../src/lifecycle/lifecycle.service.js';
import { SpeechService } from '../../src/speech/speech.service.js';
import { SessionRegistry } from '../../src/state/session-registry.js';
import { SessionSlots } from '../../src/state/session-slots.js';

/** Looking without a pause would take the time of the threads that are waited for. */
const LOOK_AGAIN_MS = 5;

/** Settings of a server that speaks quickly, a tone for each word. */
export const hurriedVoice = { TTS_SERVICE_MODELS: 'scripted', SCRIPTED_TTS_WORD_MS: '30' };

/** Settings of a server with neither ears nor voice of its own, for tests of all else: it starts much sooner. */
export const withoutSpeech = { ...hurriedVoice, STT_SERVICE_MODELS: 'scripted', VAD: 'energy' };

/** The whole application in this process, on a free port, with the embedded drivers. */
export class TestServer {
  private constructor(
    readonly app: NestExpressApplication,
    readonly url: string,
  ) {}

  static async start(env: NodeJS.ProcessEnv = {}): Promise<TestServer> {
    const app = await createApp({
      PORT: '0',
      HOST: '127.0.0.1',
      LOG_LEVEL: 'silent',
      NODE_ENV: 'test',
      DRAIN_LIMIT_MS: '0',
      CONVERSATION_STORE: 'none',
      DATA_DIR: process.env['DATA_DIR'],
      // Whatever else this machine is busy with.
      OVERLOAD_EVENT_LOOP_DELAY_MS: '10000',
      ...env,
    });
    const server = new TestServer(app, await listen(app));
    const lifecycle = app.get(LifecycleService);
    while (!lifecycle.deferredReady) await pause(LOOK_AGAIN_MS);
    return server;
  }

  stop(): Promise<void> {
    return this.app.close();
  }

  async get(
    path: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    const response = await fetch(`${this.url}${path}`, { headers });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  /** What sessions hold; all zero when none is left. */
  held(): Record<string, number> {
    const slots = this.app.get(SessionSlots, { strict: false });
    const pools = this.app.get(SpeechService, { strict: false }).pools();
    return {
      slots: slots.active,
      waiting: slots.waiting,
      sessions: this.app.get(SessionRegistry, { strict: false }).active,
      ...Object.fromEntries(
        pools.flatMap(({ name, in_use, waiting }) => [
          [`${name}_in_use`, in_use],
          [`${name}_waiting`, waiting],
        ]),
      ),
    };
  }

  /**
   * Threads, sockets, timers and listeners of the process, by kind: what a session must not leave behind. Gives it 10 s
   * to come down to `expected`, for the watchdogs that run out by themselves.
   */
  async census(expected: Record<string, number> = {}): Promise<Record<string, number>> {
    const giveUpAt = performance.now() + 10_000;
    for (;;) {
      const counts: Record<string, number> = {
        busListeners: this.app.get(EventBus, { strict: false }).listenerCount,
        signalListeners: process.listenerCount('SIGTERM'),
        uncaughtListeners: process.listenerCount('uncaughtException'),
      };
      for (const kind of ['MessagePort', 'Timeout', 'TCPSocketWrap']) {
        counts[kind] = process.getActiveResourcesInfo().filter((resource) => resource === kind).length;
      }
      const tooMany = Object.entries(expected).some(([kind, count]) => (counts[kind] ?? 0) > count);
      if (!tooMany || performance.now() > giveUpAt) return counts;
      await pause(LOOK_AGAIN_MS);
    }
  }

  /** Resolves once this much is held of `what`. */
  async holds(what: string, count: number): Promise<void> {
    while (this.held()[what] !== count) await pause(LOOK_AGAIN_MS);
  }

  /** What is held once everything that is on its way out is out; gives up after 10 s and says what is left. */
  async quiet(): Promise<Record<string, number>> {
    const giveUpAt = performance.now() + 10_000;
    while (Object.values(this.held()).some((count) => count > 0) && performance.now() < giveUpAt) {
      await pause(LOOK_AGAIN_MS);
    }
    return this.held();
  }
}

export const nothingHeld = {
  slots: 0,
  waiting: 0,
  sessions: 0,
  stt_in_use: 0,
  stt_waiting: 0,
  tts_in_use: 0,
  tts_waiting: 0,
};

/** A bare client of the native protocol: what it got, and waiting for more. */
export class TestCaller {
  readonly events: SessionEvent[] = [];
  audioBytes = 0;
  private listeners = new Set<() => void>();
  readonly closed: Promise<{ code: number; reason: string }>;

  private constructor(readonly socket: WebSocket) {
    this.closed = new Promise((resolve) =>
      socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    );
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) this.audioBytes += data.length;
      else this.events.push(JSON.parse(data.toString()) as SessionEvent);
      for (const listener of this.listeners) listener();
    });
    socket.on('close', () => this.listeners.forEach((listener) => listener()));
    socket.on('error', () => undefined);
  }

  /** Resolves with the caller, or with the HTTP answer that refused it. */
  static async dial(server: TestServer, query = '', headers: Record<string, string> = {}): Promise<TestCaller> {
    const answer = await TestCaller.tryDial(server, query, headers);
    if (answer instanceof TestCaller) return answer;
    throw new Error(`refused with ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  static tryDial(
    server: TestServer,
    query = '',
    headers: Record<string, string> = {},
    path = '/api/v1/voice/ws',
  ): Promise<
    TestCaller | { status: number; body: { error: Record<string, unknown> }; retryAfter: string | undefined }
  > {
    const socket = new WebSocket(`${server.url.replace(/^http/, 'ws')}${path}${query}`, { headers });
    const caller = new TestCaller(socket);
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(caller));
      socket.once('unexpected-response', (_request, response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: JSON.parse(Buffer.concat(chunks).toString()) as { error: Record<string, unknown> },
            retryAfter: response.headers['retry-after'],
          }),
        );
      });
      socket.once('error', reject);
    });
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  sendAudio(pcm: Int16Array): void {
    this.socket.send(Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength), { binary: true });
  }

  /** Streams audio in real time, 20 ms each 20 ms. */
  async speak(pcm: Int16Array, sampleRate: number): Promise<void> {
    const frame = sampleRate / 50;
    const startedAt = performance.now();
    for (let sent = 0; sent * frame < pcm.length; sent++) {
      const due = startedAt + sent * 20 - performance.now();
      if (due > 0) await new Promise((resolve) => setTimeout(resolve, due));
      if (this.socket.readyState !== WebSocket.OPEN) return;
      this.sendAudio(pcm.slice(sent * frame, (sent + 1) * frame));
    }
  }

  /** The first event of `type` from index `since` on that matches. */
  async next<T extends SessionEvent['type']>(
    type: T,
    since = 0,
    matches: (event: Extract<SessionEvent, { type: T }>) => boolean = () => true,
  ): Promise<Extract<SessionEvent, { type: T }>> {
    type Wanted = Extract<SessionEvent, { type: T }>;
    for (;;) {
      const found = this.events
        .slice(since)
        .find((event): event is Wanted => event.type === type && matches(event as Wanted));
      if (found) return found;
      if (this.socket.readyState === WebSocket.CLOSED)
        throw new Error(`closed without ${type}; got ${this.types(since).join(', ')}`);
      await this.something();
    }
  }

  /** Resolves when at least this much audio has come. */
  async heard(bytes: number): Promise<void> {
    while (this.audioBytes < bytes) {
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error('closed without audio');
      await this.something();
    }
  }

  /** With which the session can be resumed. */
  async token(): Promise<string> {
    const { resume_token } = await this.next('session_started');
    if (resume_token === null) throw new Error('The session cannot be resumed');
    return resume_token;
  }

  /** What the agent has said, an answer each. */
  answers(): string[] {
    return this.events.flatMap((event) => (event.type === 'text_stream_stop' ? [event.text] : []));
  }

  types(since = 0): string[] {
    return this.events.slice(since).map((event) => event.type);
  }

  /** Sends a text and resolves when the answer is complete. */
  async ask(text: string): Promise<SessionEvent[]> {
    const since = this.events.length;
    this.send({ type: 'user_message', text });
    await this.next('generation_complete', since, (event) => event.outcome !== 'interrupted');
    return this.events.slice(since);
  }

  async hangUp(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  private something(): Promise<void> {
    return new Promise((resolve) => {
      const listener = (): void => {
        this.listeners.delete(listener);
        resolve();
      };
      this.listeners.add(listener);
    });
  }
}
