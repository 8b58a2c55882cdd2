import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import { type AbortKind, Aborted, untilAborted } from '../kernel/abort.js';
import { messageOf } from '../kernel/errors.js';
import { type TaskEnd, TaskSupervisor } from '../kernel/task-supervisor.js';
import { endInOrder } from '../kernel/teardown.js';
import type { LiveSession, SessionSummary } from '../state/session-registry.js';
import { type AudioMeter, unmeasured } from '../voice/audio-meter.js';
import type { MeterEvents } from '../voice/call-quota.js';
import { keepingOf } from './consent.js';
import type { ListenFacts } from './conversation/live-conversation.js';
import { type ClientActivity, untilInactive } from './inactivity.js';
import type { ListenTicket } from './listen-admission.js';
import { ListenClient } from './listen-client.js';
import { factsOf } from './listen-facts.js';
import { closeFrameOf, endOf, endsAtOnce } from './listen-end.js';
import type { SessionServices } from './listen-services.js';
import { ListenTrace } from './listen-trace.js';
import { ListenedCall } from './listened-call.js';
import type { ClientMessage } from './messages/client-messages.js';
import type { ServiceStatus } from './messages/server-messages.js';
import { statusText } from './messages/status-texts.js';

/** A server that goes down has no more time. */
const SHUT_DOWN_MS = 5000;

/**
 * One live session that listens: audio of one or two legs comes in, transcripts and events go out. It ends with the first of
 * its tasks that last as long as it does; what it still has to do then may take a while, but not for ever.
 *
 *     client ─► ListenedCall ─► client, store, pusher
 */
export class ListenSession implements LiveSession {
  readonly id: string = randomUUID();
  private readonly startedAt: number;
  private readonly facts: ListenFacts;
  private readonly trace: ListenTrace;
  private readonly client: ListenClient;
  private readonly call: ListenedCall;
  private readonly meter: Pick<AudioMeter, 'take' | 'close'>;
  private readonly supervisor: TaskSupervisor;
  private readonly lifetime = new AbortController();
  private readonly disconnected = Promise.withResolvers<void>();
  private readonly over = Promise.withResolvers<void>();
  private starting: Promise<void> = Promise.resolve();
  private isReady = false;
  private ending: AbortKind | undefined;
  private closeCode: number | undefined;
  private expired: AbortKind | undefined;

  /** Hears its client from now on: make it before the first await. */
  constructor(
    socket: WebSocket,
    private readonly ticket: ListenTicket,
    private readonly services: SessionServices,
  ) {
    const { clock, config, conversations } = services;
    const { parameters, caller } = ticket;
    this.startedAt = clock.now();
    const { tenant } = caller;
    const { channels, consent } = parameters;
    const { id } = this;
    this.trace = new ListenTrace({ clock, sessionId: id, tenant, channels, parent: ticket.traceParent });
    const { keeps, recorded } = keepingOf(consent, config, conversations.enabled);
    const { traceparent } = this.trace;
    this.facts = factsOf({ id, wallOriginMs: clock.wallTime(), traceparent }, ticket, recorded);
    this.supervisor = new TaskSupervisor(
      this.lifetime.signal,
      clock,
      // Of what ends at the same time, the disconnect counts.
      (end) => setImmediate(() => void this.close(this.reasonOf(end))),
      (name, problem) => this.log('error', `Task ${name} ${problem}`),
    );
    const pace = services.quota?.pace();
    this.client = new ListenClient(
      socket,
      parameters,
      { clock, ...(pace && { pace }) },
      {
        onAudio: (leg, pcm) => this.onAudio(leg, pcm),
        onMessage: (message) => this.onMessage(message),
        onBroken: (problem) => {
          this.log('warn', `The client breaks the protocol: ${problem}`);
          void this.close('protocol');
        },
        onClosed: (code) => {
          this.closeCode = code;
          this.disconnected.resolve();
        },
      },
    );
    this.meter = services.quota?.meter(tenant, this.meterEvents(), channels) ?? unmeasured;
    this.call = new ListenedCall({
      services,
      parameters,
      facts: this.facts,
      keeps,
      client: this.client,
      nowMs: () => this.nowMs,
      spawn: (name, work) => void this.supervisor.spawn(name, work),
      tell: (status) => this.tell(status),
      onConversation: (id) => this.trace.conversation(id),
      onTakenOver: () => void this.close('superseded'),
      log: (level, message) => this.log(level, message),
    });
  }

  /** Resolves when the session is over, and has given back everything. Never rejects. */
  async run(): Promise<void> {
    const { registry, events, config } = this.services;
    registry.add(this);
    events.emit('listen.started', { sessionId: this.id });
    this.log('info', `Listening to ${this.facts.channels} leg(s) in ${this.facts.language}`);
    void this.supervisor.spawn('receive', (signal) => untilAborted(this.disconnected.promise, signal), {
      lifetime: true,
    });
    void this.supervisor.spawn('activity', (signal) => this.watchActivity(signal), { lifetime: true });
    this.every('keepalive', config.keepaliveMs, () => this.client.ping());
    this.every('lifecycle', config.pollMs, () => this.call.poll());
    this.every('segments', config.segmentMs, () => this.call.advance());
    void this.supervisor.spawn('recognisers', () => this.call.openRecognisers());
    this.starting = this.supervisor.spawn('start', () => this.start());
    await this.over.promise;
  }

  describe(): SessionSummary {
    const { tenant, wallOriginMs } = this.facts;
    const state = this.call.isPaused ? 'paused' : this.isReady ? 'listening' : 'starting';
    return {
      session_id: this.id,
      kind: 'listen',
      tenant,
      agent: '',
      scenario: '',
      started_at: new Date(wallOriginMs).toISOString(),
      duration_ms: Math.round(this.nowMs),
      turns: this.call.understood,
      state: this.ending ? 'ending' : state,
      active_tasks: this.supervisor.activeTasks,
    };
  }

  pause(): void {
    if (this.ending) return;
    this.call.pause();
    this.tell('paused');
  }

  resume(): void {
    if (this.ending) return;
    this.call.resume();
    this.tell('resumed');
  }

  /** Understands, stores and hands over what there is still to be, within its limits, then gives everything back. Idempotent. */
  close(kind: AbortKind): Promise<void> {
    if (!this.ending) {
      this.ending = kind;
      void this.end(kind);
    }
    return this.over.promise;
  }

  /** Session ms. */
  private get nowMs(): number {
    return this.services.clock.now() - this.startedAt;
  }

  private meterEvents(): MeterEvents {
    const message = 'Audio comes faster than it can have been said; what is too much is lost';
    return {
      onTooFast: () => this.client.send({ type: 'error', code: 'rate_limited', message, retryable: false }),
      onSpent: () => void this.close('budget'),
    };
  }

  private async start(): Promise<void> {
    this.tell('initiating');
    this.call.keep();
    this.tell('in_progress_conversations_processing');
    const wasPaused = await this.call.begin();
    if (wasPaused && this.call.isPaused) this.tell('paused');
    this.tell('stt_initiating');
    await this.call.recognisersSettled();
    if (this.ending) return;
    this.isReady = true;
    this.tell('ready');
    this.call.clearLeftoversLater();
  }

  private onAudio(leg: number, pcm: Int16Array): void {
    const durationMs = (pcm.length * 1000) / this.ticket.parameters.sampleRate;
    if (this.ending || !this.meter.take(durationMs)) return;
    this.call.push(leg, pcm, durationMs);
  }

  private onMessage(message: ClientMessage): void {
    if (this.ending) return;
    switch (message.type) {
      case 'ping':
        return this.client.send({ type: 'pong' });
      case 'pause':
        return this.pause();
      case 'resume':
        return this.resume();
      case 'speaker_assigned': {
        const problem = this.call.assign(message);
        if (problem !== undefined)
          this.client.send({ type: 'error', code: 'invalid_message', message: problem, retryable: false });
        return;
      }
      case 'end':
        return void this.close('completed');
    }
  }

  private async watchActivity(signal: AbortSignal): Promise<void> {
    const { clock, config } = this.services;
    const activity = (): ClientActivity => ({
      receivedAt: this.client.receivedAt,
      // Who has paused has nothing to send.
      activeAt: Math.max(this.client.activeAt, this.startedAt + this.call.pausedUntilMs),
    });
    this.expired = await untilInactive(activity, config, clock, signal);
  }

  private every(name: string, intervalMs: number, work: () => void): void {
    const repeat = async (signal: AbortSignal): Promise<void> => {
      for (;;) {
        await this.services.clock.delay(intervalMs, signal);
        work();
      }
    };
    void this.supervisor.spawn(name, repeat, { lifetime: true });
  }

  private reasonOf({ status }: TaskEnd): AbortKind {
    if (this.closeCode !== undefined) return endOf(this.closeCode);
    return status === 'completed' ? (this.expired ?? 'error') : 'error';
  }

  private async end(kind: AbortKind): Promise<void> {
    const { config, conversationConfig } = this.services;
    const goesDown = kind === 'drain' || kind === 'shutdown';
    const drainMs = goesDown ? Math.min(config.drainMs, SHUT_DOWN_MS) : config.drainMs;
    let leaked: readonly string[] = [];
    const endings = [
      () => this.meter.close(),
      () => endsAtOnce.has(kind) && this.sayGoodbye(kind),
      () => this.call.beginNothing(),
      () => void this.supervisor.spawn('finish', () => this.finish(kind)),
      () => this.supervisor.drain(kind, drainMs),
      // It has been done already, unless something hung.
      () => this.call.flush(),
      () => this.sayGoodbye(kind),
      async () => (leaked = await this.supervisor.stop(kind, conversationConfig.taskStopMs)),
      ...this.call.endings(kind, goesDown),
      () => this.lifetime.abort(new Aborted(kind)),
      () => this.services.registry.remove(this.id),
    ];
    await endInOrder(endings, (error) => this.log('error', `Ending: ${messageOf(error)}`));
    this.trace.end(kind, this.call.understood, leaked);
    this.over.resolve();
    this.report(kind, leaked);
  }

  private async finish(kind: AbortKind): Promise<void> {
    await this.starting;
    await this.call.finish(kind);
  }

  private sayGoodbye(kind: AbortKind): void {
    const { code, reason } = closeFrameOf(kind);
    this.client.close(code, reason);
  }

  private tell(status: ServiceStatus): void {
    this.trace.status(status);
    this.client.send({ type: 'service_status', status, status_text: statusText[status] });
  }

  private report(kind: AbortKind, leaked: readonly string[]): void {
    const durationMs = this.nowMs;
    this.services.events.emit('listen.ended', {
      sessionId: this.id,
      reason: kind,
      durationMs,
      segments: this.call.understood,
    });
    const leaks = leaked.length > 0 ? `; leaked ${leaked.join(', ')}` : '';
    this.log('info', `Listening ended (${kind}) after ${this.call.understood} segments${leaks}`);
  }

  private log(level: 'info' | 'warn' | 'error', message: string): void {
    this.services.logger[level]({ session_id: this.id }, message);
  }
}
