import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import type { AudioSource } from '../audio/source-queues.js';
import { type AbortKind, Aborted, untilAborted } from '../kernel/abort.js';
import type { Timer } from '../kernel/clock.js';
import { messageOf } from '../kernel/errors.js';
import { type TaskEnd, TaskSupervisor } from '../kernel/task-supervisor.js';
import type { LiveSession, SessionSummary } from '../state/session-registry.js';
import type { PlacedAudio } from './audio/leg-timeline.js';
import { type AudioMeter, unmeasured } from '../voice/audio-meter.js';
import type { MeterEvents } from '../voice/call-quota.js';
import { ConversationLifecycle } from './conversation/conversation-lifecycle.js';
import type { HeardSegment, ListenFacts } from './conversation/live-conversation.js';
import { CallLegs } from './hearing/call-legs.js';
import type { ListenTicket } from './listen-admission.js';
import { ListenClient } from './listen-client.js';
import { ListenTrace } from './listen-trace.js';
import { closeFrameOf, endOf, endsAtOnce, endsConversation } from './listen-end.js';
import type { SessionServices } from './listen-services.js';
import type { ClientMessage } from './messages/client-messages.js';
import type { ServiceStatus } from './messages/server-messages.js';
import { statusText } from './messages/status-texts.js';
import { SessionLink } from './session-link.js';
import type { SpeakerWatch } from './speakers/speaker-identification.js';

/** What another session sends to the one whose conversation it goes on with. */
export const GIVE_UP = 'listen.give_up';

const MOST_BUFFERED = 1000;
/** For the last words, the last writes, the last frames to the pusher. */
const UNDERSTAND_MS = 5000;
const STORE_MS = 5000;
/** A pusher that is started again is there by then. */
const LINK_CLOSE_MS = 10_000;
const LINK_CLOSE_GOING_DOWN_MS = 2000;
/** A server that goes down has no more time. */
const SHUT_DOWN_MS = 5000;
const GIVE_UP_MS = 3000;

/**
 * One live session that listens: audio of one or two legs comes in, transcripts and events go out. It ends with the first of
 * its tasks that last as long as it does; what it still has to do then may take a while, but not for ever.
 *
 *     client ─► CallLegs ─► recognisers ─► ConversationLifecycle ─► client, store, pusher
 *                      └──► SessionLink ─► pusher
 */
export class ListenSession implements LiveSession {
  readonly id: string = randomUUID();
  private readonly startedAt: number;
  private readonly facts: ListenFacts;
  private readonly trace: ListenTrace;
  /** Whether anything of what is said may be kept. */
  private readonly keeps: boolean;
  private readonly client: ListenClient;
  private readonly pusher: SessionLink;
  private readonly lifecycle: ConversationLifecycle;
  private readonly legs: CallLegs;
  private readonly meter: Pick<AudioMeter, 'take' | 'close'>;
  private readonly supervisor: TaskSupervisor;
  private readonly lifetime = new AbortController();
  private readonly disconnected = Promise.withResolvers<void>();
  private readonly over = Promise.withResolvers<void>();
  private watch: SpeakerWatch | undefined;
  /** Understood, but not in the transcript yet. */
  private heard: HeardSegment[] = [];
  private understood = 0;
  private starting: Promise<void> = Promise.resolve();
  private leftovers: Timer | undefined;
  private isReady = false;
  private hasAudio = false;
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
    const { language, source, channels, consent } = parameters;
    const { tenant, subject } = caller;
    const { id: sessionId } = this;
    this.trace = new ListenTrace({ clock, sessionId, tenant, channels, parent: ticket.traceParent });
    const { traceparent } = this.trace;
    const wallOriginMs = Math.round(clock.wallTime());
    const mayKeep = consent === 'granted' || (consent === 'unknown' && config.consent === 'assumed');
    this.keeps = mayKeep && conversations.enabled;
    const recorded = this.keeps && config.audio === 'on';
    this.facts = {
      sessionId,
      tenant,
      subject,
      language,
      source,
      channels,
      consent,
      recorded,
      wallOriginMs,
      ...(traceparent !== undefined && { traceparent }),
    };
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
    this.pusher = this.makeLink();
    this.lifecycle = this.makeLifecycle();
    this.legs = this.makeLegs();
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
    this.every('lifecycle', config.pollMs, () => this.lifecycle.poll(this.legs.busyUntilMs));
    this.every('segments', config.segmentMs, () => this.flush());
    void this.supervisor.spawn('recognisers', () => this.legs.open());
    this.starting = this.supervisor.spawn('start', () => this.start());
    await this.over.promise;
  }

  describe(): SessionSummary {
    const { tenant, wallOriginMs } = this.facts;
    const state = this.legs.isPaused ? 'paused' : this.isReady ? 'listening' : 'starting';
    return {
      session_id: this.id,
      kind: 'listen',
      tenant,
      agent: '',
      scenario: '',
      started_at: new Date(wallOriginMs).toISOString(),
      duration_ms: Math.round(this.nowMs),
      turns: this.understood,
      state: this.ending ? 'ending' : state,
      active_tasks: this.supervisor.activeTasks,
    };
  }

  pause(): void {
    if (this.ending) return;
    this.legs.pause();
    this.lifecycle.pause(true);
    this.tell('paused');
  }

  resume(): void {
    if (this.ending) return;
    this.legs.resume();
    this.lifecycle.pause(false);
    this.lifecycle.tellGaps(this.legs.sources);
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

  private makeLink(): SessionLink {
    const { links, config, clock } = this.services;
    return new SessionLink({
      links,
      facts: this.facts,
      sampleRate: this.ticket.parameters.sampleRate,
      archives: config.audio === 'on',
      clock,
      onResult: (result) => this.lifecycle.onResult(result),
      onDegraded: (isDegraded) => this.tell(isDegraded ? 'pusher_degraded' : 'pusher_connected'),
      onLost: (leg, reason, fromMs, toMs) => {
        const source = leg === undefined ? undefined : this.legs.sources[leg];
        this.lifecycle.note({ source, of: 'recording', reason, fromMs, toMs });
      },
      log: (level, message) => this.log(level, message),
    });
  }

  private makeLifecycle(): ConversationLifecycle {
    const { clock, config, conversations, recordings, pointers, identification } = this.services;
    return new ConversationLifecycle({
      facts: this.facts,
      keeps: this.keeps,
      timeoutMs: this.ticket.parameters.timeoutMs,
      teaches: config.audio === 'on' && identification?.learns === true,
      clock,
      conversations,
      recordings,
      pointers,
      link: () => this.pusher.link,
      nowMs: () => this.nowMs,
      client: this.client,
      spawn: (name, work) => void this.supervisor.spawn(name, work),
      giveUp: (sessionId) => this.askToGiveUp(sessionId),
      onSwitch: (conversationId, atMs) => {
        this.trace.conversation(conversationId);
        this.pusher.switchTo(conversationId, atMs);
      },
      onSegment: (segment) => this.watch?.segment(segment),
      onTakenOver: () => void this.close('superseded'),
      log: (level, message) => this.log(level, message),
    });
  }

  private makeLegs(): CallLegs {
    const { clock, transcribers, audioQueues, hints } = this.services;
    const { channels, language, tenant, source } = this.facts;
    return new CallLegs({
      sessionId: this.id,
      sampleRate: this.ticket.parameters.sampleRate,
      channels,
      hints: hints.of(language, tenant),
      waits: this.keeps && (source !== null || this.ticket.parameters.conversationId !== undefined),
      transcribers,
      audioQueues,
      clock,
      nowMs: () => this.nowMs,
      onAudio: (leg, source, audio) => this.onPlaced(leg, source, audio),
      onSegment: (heard) => this.onSegment(heard),
      onGap: (gap) => this.lifecycle.note(gap),
      onHearing: (hears) => this.tell(hears ? 'stt_recovered' : 'stt_failed'),
      log: (level, message) => this.log(level, message),
    });
  }

  private async start(): Promise<void> {
    const { sampleRate, conversationId } = this.ticket.parameters;
    this.tell('initiating');
    if (this.keeps) {
      this.pusher.open();
      const { sessionId, tenant, subject } = this.facts;
      const watched = { sessionId, tenant, subject, sampleRate, sources: this.legs.sources };
      this.watch = this.services.identification?.begin(watched, (match) => this.lifecycle.recognise(match));
    }
    this.tell('in_progress_conversations_processing');
    const wasPaused = await this.lifecycle.begin(conversationId);
    this.legs.begin(wasPaused);
    if (wasPaused && this.legs.isPaused) this.tell('paused');
    this.tell('stt_initiating');
    await this.legs.settled();
    if (this.ending) return;
    this.isReady = true;
    this.tell('ready');
    const clear = (): void =>
      void this.supervisor.spawn('leftovers', (signal) => this.lifecycle.clearLeftovers(signal));
    if (this.keeps) this.leftovers = this.services.clock.setTimeout(clear, this.services.config.leftoversAfterMs);
  }

  private onAudio(leg: number, pcm: Int16Array): void {
    const durationMs = (pcm.length * 1000) / this.ticket.parameters.sampleRate;
    if (this.ending || !this.meter.take(durationMs)) return;
    const beganMs = this.nowMs - durationMs;
    if (this.legs.isWaiting) this.audioBegan(Math.max(0, beganMs));
    this.legs.push(leg, pcm);
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
        const problem = this.lifecycle.assign(message);
        if (problem !== undefined)
          this.client.send({ type: 'error', code: 'invalid_message', message: problem, retryable: false });
        return;
      }
      case 'end':
        return void this.close('completed');
    }
  }

  private onPlaced(leg: number, source: AudioSource, audio: PlacedAudio): void {
    this.audioBegan(audio.atMs);
    this.watch?.hear(source, audio.pcm, audio.atMs);
    this.pusher.audio(leg, audio, this.nowMs);
  }

  private audioBegan(atMs: number): void {
    if (!this.hasAudio) this.lifecycle.audioBegan(atMs);
    this.hasAudio = true;
  }

  private onSegment(heard: HeardSegment): void {
    this.understood++;
    this.heard.push(heard);
    if (this.heard.length <= MOST_BUFFERED) return;
    const { startMs: fromMs, endMs: toMs } = this.heard.shift()!.segment;
    this.lifecycle.note({ source: undefined, of: 'transcript', reason: 'queue_full', fromMs, toMs });
  }

  /** What was understood goes into the transcript. */
  private flush(): void {
    if (!this.lifecycle.current) return;
    const { heard } = this;
    this.heard = [];
    this.lifecycle.hear(heard);
    if (this.ending) return;
    this.legs.tick();
    this.pusher.advance(this.nowMs);
    this.lifecycle.tellGaps(this.legs.sources);
  }

  private async watchActivity(signal: AbortSignal): Promise<void> {
    const { clock, config } = this.services;
    for (;;) {
      const deadInMs = this.client.receivedAt + config.receiveTimeoutMs - clock.now();
      // Who has paused has nothing to send.
      const activeAt = Math.max(this.client.activeAt, this.startedAt + this.legs.pausedUntilMs);
      const idleInMs = activeAt + config.inactivityMs - clock.now();
      if (deadInMs <= 0 || idleInMs <= 0) {
        this.expired = idleInMs <= 0 ? 'idle' : 'timeout';
        return;
      }
      await clock.delay(Math.min(deadInMs, idleInMs), signal);
    }
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
    const steps: (() => unknown)[] = [
      () => this.leftovers?.cancel(),
      () => this.meter.close(),
      () => endsAtOnce.has(kind) && this.sayGoodbye(kind),
      () => this.legs.giveUpOpening(),
      () => void this.supervisor.spawn('finish', () => this.finish(kind)),
      () => this.supervisor.drain(kind, drainMs),
      // It has been done already, unless something hung.
      () => this.flush(),
      () => this.sayGoodbye(kind),
      async () => (leaked = await this.supervisor.stop(kind, conversationConfig.taskStopMs)),
      () => this.lifecycle.close(endsConversation(kind, this.facts.channels)),
      () => this.pusher.flush(),
      () => this.pusher.close(goesDown ? LINK_CLOSE_GOING_DOWN_MS : LINK_CLOSE_MS),
      () => this.legs.close(),
      () => this.lifetime.abort(new Aborted(kind)),
      () => this.services.registry.remove(this.id),
    ];
    // Whatever fails on the way, all the others give back what they have, and the slot is free.
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        this.log('error', `Ending: ${messageOf(error)}`);
      }
    }
    this.trace.end(kind, this.understood, leaked);
    this.over.resolve();
    this.report(kind, leaked);
  }

  /** What there is still to be done, in the order in which one thing needs the other. */
  private async finish(kind: AbortKind): Promise<void> {
    await this.starting;
    await this.legs.finish(UNDERSTAND_MS);
    this.flush();
    await this.watch?.close(UNDERSTAND_MS);
    this.lifecycle.tellGaps(this.legs.sources);
    await this.within(STORE_MS, this.lifecycle.stored());
    this.pusher.flush();
    const isOver = endsConversation(kind, this.facts.channels);
    await this.within(STORE_MS, this.lifecycle.end(kind, isOver));
    this.lifecycle.close(isOver);
    await this.pusher.close(LINK_CLOSE_MS);
  }

  private async within(limitMs: number, work: Promise<void>): Promise<void> {
    const limit = Promise.withResolvers<void>();
    const timer = this.services.clock.setTimeout(() => limit.resolve(), limitMs);
    await Promise.race([work, limit.promise]).finally(() => timer.cancel());
  }

  /** Asks the session that has a conversation to let this one go on with it. Never rejects. */
  private async askToGiveUp(sessionId: string): Promise<void> {
    const gone = this.services.directory.send(sessionId, GIVE_UP).then(
      () => undefined,
      () => undefined,
    );
    await this.within(GIVE_UP_MS, gone);
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
      segments: this.understood,
    });
    const leaks = leaked.length > 0 ? `; leaked ${leaked.join(', ')}` : '';
    this.log('info', `Listening ended (${kind}) after ${this.understood} segments${leaks}`);
  }

  private log(level: 'info' | 'warn' | 'error', message: string): void {
    this.services.logger[level]({ session_id: this.id }, message);
  }
}
