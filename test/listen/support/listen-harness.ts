import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { Principal } from '../../../src/auth/principal.js';
import type { ListenConfig } from '../../../src/config/listen.config.js';
import { EventBus } from '../../../src/events/event-bus.js';
import { ManualClock } from '../../../src/kernel/clock.js';
import { GIVE_UP } from '../../../src/listen/give-up.js';
import { parseListenParameters } from '../../../src/listen/listen-parameters.js';
import type { SessionServices } from '../../../src/listen/listen-services.js';
import { ListenSession } from '../../../src/listen/listen-session.js';
import type { SpeakerIdentification } from '../../../src/listen/speakers/speaker-identification.js';
import { RecordedSpans } from '../../../src/telemetry/testing/recorded-spans.js';
import { AudioQueues } from '../../../src/state/overload/audio-queues.js';
import { Replica } from '../../../src/state/replica.js';
import { SessionDirectory } from '../../../src/state/session-directory.js';
import { SessionRegistry } from '../../../src/state/session-registry.js';
import { SoleReplica } from '../../../src/state/sole-replica.js';
import { ListenCaller } from './listen-caller.js';
import { MemoryConversations } from './memory-conversations.js';
import { RecordedLinks } from './recorded-links.js';
import { ScriptedLegs } from './scripted-legs.js';

const defaults = {
  conversationTimeoutMs: 120_000,
  pollMs: 5000,
  inactivityMs: 90_000,
  receiveTimeoutMs: 300_000,
  keepaliveMs: 10_000,
  segmentMs: 600,
  leftoversAfterMs: 7000,
  drainMs: 30_000,
  audio: 'on',
  consent: 'assumed',
} as const satisfies ListenConfig;

/** Sessions behind a real socket, with time, recognisers, store and pusher in the hand of the test. */
export class ListenHarness {
  readonly clock = new ManualClock();
  readonly legs = new ScriptedLegs();
  readonly links = new RecordedLinks();
  readonly store = new MemoryConversations();
  readonly registry = new SessionRegistry();
  readonly events = new EventBus();
  readonly logged: string[] = [];
  /** Conversations of which the audio was removed. */
  readonly silenced: string[] = [];
  released = 0;
  /** Whether it is not known any more where devices were. */
  forgets = false;
  active = 0;
  caller: Principal = { subject: 'desk-1', tenant: 'acme', role: 'caller' };
  readonly services: SessionServices;
  readonly sessions: ListenSession[] = [];
  private readonly spans = RecordedSpans.get();
  private readonly http = createServer();
  private readonly sockets = new WebSocketServer({ server: this.http });

  private constructor(config: Partial<ListenConfig>, identification?: SpeakerIdentification) {
    const { clock, registry, events } = this;
    const shared = new SoleReplica(clock);
    const directory = new SessionDirectory(registry, new Replica(), shared);
    directory.handle(GIVE_UP, (session) => session.close('superseded'));
    const log = (_: unknown, message: unknown): void => void this.logged.push(String(message));
    this.services = {
      clock,
      config: { ...defaults, ...config },
      conversationConfig: { taskStopMs: 5000 },
      transcribers: this.legs,
      hints: { of: (language) => ({ id: 'none', language, phrases: [], slots: {}, answers: [] }) },
      audioQueues: new AudioQueues(clock),
      conversations: this.store,
      recordings: { removeAll: (_, id) => Promise.resolve(this.silenced.push(id)) },
      links: this.links,
      pointers: {
        get: (key) => (this.forgets ? Promise.resolve(undefined) : shared.store.get(key)),
        set: (key, value, ttlMs) => shared.store.set(key, value, ttlMs),
      },
      directory,
      registry,
      events,
      logger: { info: log, warn: log, error: log },
      identification,
    };
    events.on('listen.started', () => this.active++);
    events.on('listen.ended', () => this.active--);
    this.sockets.on('connection', (socket, request) => {
      const { searchParams } = new URL(request.url ?? '', 'http://localhost');
      const parameters = parseListenParameters(searchParams, this.services.config.conversationTimeoutMs);
      if (typeof parameters === 'string') throw new Error(parameters);
      const ticket = { parameters, caller: this.caller, release: () => undefined };
      const session = new ListenSession(socket, ticket, this.services);
      this.sessions.push(session);
      void session.run().finally(() => this.released++);
    });
  }

  static async start(
    config: Partial<ListenConfig> = {},
    identification?: SpeakerIdentification,
  ): Promise<ListenHarness> {
    const harness = new ListenHarness(config, identification);
    await new Promise<void>((resolve) => harness.http.listen(0, '127.0.0.1', resolve));
    return harness;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  get session(): ListenSession {
    return this.sessions.at(-1)!;
  }

  /** Sessions whose span has not ended. */
  get untold(): number {
    const ids = new Set<unknown>(this.sessions.map(({ id }) => id));
    return this.spans.all.filter((span) => !span.ended && ids.has(span.attributes['parley.session.id'])).length;
  }

  /** A client whose session is ready. */
  async dial(query = ''): Promise<ListenCaller> {
    const caller = await ListenCaller.dial(this.url, query);
    return await caller.ready();
  }

  /** Sends it, and resolves when the session has it. */
  async sends(caller: ListenCaller, ...messages: (Uint8Array | object | string)[]): Promise<void> {
    for (const message of messages) {
      if (message instanceof Uint8Array) caller.socket.send(message);
      else caller.send(message);
    }
    await this.catchUp(caller);
  }

  /** Resolves when everything that was sent before has arrived. */
  async catchUp(caller: ListenCaller): Promise<void> {
    const pongs = (): number => caller.events.filter(({ type }) => type === 'pong').length;
    const before = pongs();
    caller.send({ type: 'ping' });
    await caller.until(() => pongs() > before);
  }

  /** What was understood is in the transcript, and the client has it. */
  async settle(caller: ListenCaller): Promise<void> {
    await this.clock.advance(this.services.config.segmentMs);
    await this.catchUp(caller);
  }

  /** Time goes by while the client sends silence, as it does. */
  async pass(ms: number, caller: ListenCaller): Promise<void> {
    for (let left = ms; left > 0; left -= 5000) {
      await this.sends(caller, Buffer.alloc(2));
      await this.clock.advance(Math.min(5000, left));
    }
    await this.catchUp(caller);
  }

  /** Resolves when all sessions are over, moving time on as it needs to be. */
  async quiet(): Promise<void> {
    while (this.released < this.sessions.length) await this.clock.advance(100);
  }

  async stop(): Promise<void> {
    for (const session of this.sessions) void session.close('shutdown');
    await this.quiet();
    const closing = [...this.sockets.clients].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    await Promise.all(closing);
    await new Promise((resolve) => this.http.close(resolve));
  }
}
