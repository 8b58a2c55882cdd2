import { Injectable } from '@nestjs/common';
import type { Context } from '@opentelemetry/api';
import { randomUUID } from 'node:crypto';
import { PinoLogger } from 'nestjs-pino';
import type { Agent } from '../agents/agent.js';
import { AgentCatalog } from '../agents/agent-catalog.js';
import type { AgentSet } from '../agents/agent-set.js';
import { speechHintsOf } from '../agents/speech-hints.js';
import { DropLog } from '../audio/drop-log.js';
import type { SourceQueues } from '../audio/source-queues.js';
import { ConversationConfig } from '../config/conversation.config.js';
import { PostCallConfig } from '../config/post-call.config.js';
import { SpeechConfig } from '../config/speech.config.js';
import { TelemetryConfig } from '../config/telemetry.config.js';
import { VoiceConfig } from '../config/voice.config.js';
import { EventBus } from '../events/event-bus.js';
import { type AbortKind, Aborted, isAborted } from '../kernel/abort.js';
import { Clock, type Timer } from '../kernel/clock.js';
import { messageOf } from '../kernel/errors.js';
import { TaskSupervisor } from '../kernel/task-supervisor.js';
import { LlmClient } from '../llm/llm-client.js';
import { type SessionSpeech, SpeechService } from '../speech/speech.service.js';
import { AudioQueues } from '../state/overload/audio-queues.js';
import {
  SessionRegistry,
  type LiveSession,
  type SaidBefore,
  type SaidSoFar,
  type SessionSummary,
} from '../state/session-registry.js';
import { ToolRegistry } from '../tools/tool-registry.js';
import { Recordings } from '../services/archive/recordings.js';
import { PhraseListManager } from '../services/phrases/phrase-list-manager.js';
import { Conversations } from '../services/conversations/conversations.js';
import { CallTrace } from './call-trace.js';
import type { CallTransport } from './call-transport.js';
import { Conversation } from './conversation.js';
import { ConversationState } from './conversation-state.js';
import { CallRecorder } from './recording/call-recorder.js';
import { RecordedCall } from './recording/recorded-call.js';
import { SessionKeeper } from './resume/session-keeper.js';
import { ResumeStore, ResumeTicket } from './resume/resume-store.js';
import type { SessionSnapshot } from './resume/session-snapshot.js';
import { Transcript } from './transcript.js';
import { closeCodes, outcomeOf, resumableEnds } from './session-end.js';

export interface SessionStart {
  readonly scenario: string;
  /** Where to begin; the scenario's start agent if undefined. */
  readonly agent: string | undefined;
  readonly tenant: string;
  /** Clock time since which the caller waits; from now on if undefined. */
  readonly since?: number | undefined;
  /** Whether the client can come back after its connection was lost. */
  readonly resumable: boolean;
  /** What it goes on with; scenario and agent are those of then. */
  readonly resumed?: ResumedSession | undefined;
  /** The trace of the request that opened it. */
  readonly traceParent?: Context | undefined;
}

export interface ResumedSession {
  readonly snapshot: SessionSnapshot;
  /** What the client gets for the next time. */
  readonly ticket: ResumeTicket;
}

/**
 * One live voice session, made afresh for each connection. Frames go in, events and audio come out through the
 * transport; everything in between hangs on one abort tree and is gone after `close`.
 *
 *     push ─► Conversation: Listener ─► turns ─► GenerationRunner ─► transport
 */
@Injectable()
export class VoicePipeline implements LiveSession {
  /** That of before where it goes on after its connection was lost. */
  id = randomUUID() as string;
  /** Tells it from the one before that had the same id. */
  private readonly part = randomUUID() as string;
  private readonly lifetime = new AbortController();
  private readonly supervisor: TaskSupervisor;
  private readonly drops: DropLog;
  private startedAt: number;
  private keeper: SessionKeeper | undefined;
  private transcript: Transcript | undefined;
  private recording: RecordedCall | undefined;
  private trace: CallTrace | undefined;
  private activeAt = 0;
  private idleTimer: Timer | undefined;
  private paused = false;
  private closing = false;
  private whenClosed: () => void = () => undefined;

  /** Resolves when the session is gone, whoever ended it. */
  readonly closed = new Promise<void>((resolve) => (this.whenClosed = resolve));

  // Set by `start`.
  private transport!: CallTransport;
  /** They are read again while it lasts; a call keeps those that it began with. */
  private agents!: AgentSet;
  private state!: ConversationState;
  private speech!: SessionSpeech;
  private queues: SourceQueues | undefined;
  private conversation: Conversation | undefined;
  private reserving = false;
  private started = false;
  private tenant = '';
  private options!: SessionStart;
  /** Clock time. */
  private waitingSince = 0;

  constructor(
    private readonly clock: Clock,
    private readonly config: ConversationConfig,
    private readonly speechConfig: SpeechConfig,
    private readonly voiceConfig: VoiceConfig,
    private readonly catalog: AgentCatalog,
    private readonly tools: ToolRegistry,
    private readonly llm: LlmClient,
    private readonly speechService: SpeechService,
    private readonly registry: SessionRegistry,
    private readonly audioQueues: AudioQueues,
    private readonly resumeStore: ResumeStore,
    private readonly conversations: Conversations,
    private readonly postCall: PostCallConfig,
    private readonly recordings: Recordings,
    private readonly phrases: PhraseListManager,
    private readonly events: EventBus,
    private readonly telemetry: TelemetryConfig,
    private readonly logger: PinoLogger,
  ) {
    this.startedAt = clock.now();
    this.drops = new DropLog(clock, (line) => this.log('warn', line));
    this.supervisor = new TaskSupervisor(
      this.lifetime.signal,
      clock,
      (end) => void this.close(end.status === 'cancelled' ? 'hangup' : 'error'),
      (name, problem) => this.log('error', `Task ${name} ${problem}`),
    );
  }

  /**
   * Borrows what there may be to wait for: comes before `start`. On failure, and when it is closed in the meantime,
   * everything is given back and the error thrown.
   */
  async reserve(options: SessionStart): Promise<void> {
    this.options = options;
    this.tenant = options.tenant;
    this.waitingSince = options.since ?? this.clock.now();
    this.reserving = true;
    try {
      this.lifetime.signal.throwIfAborted();
      this.agents = this.catalog.current;
      this.state = this.stateOf(options);
      this.trace = this.traceOf(options);
      this.speech = await this.speechService.lease(this.id, this.lifetime.signal, this.state.agent.language);
      this.lifetime.signal.throwIfAborted();
    } catch (error) {
      this.giveUp(isAborted(error) ? error.kind : 'error');
      throw error;
    } finally {
      this.reserving = false;
    }
  }

  /** Builds the session and starts its tasks. On failure everything is given back and the error thrown. */
  async start(transport: CallTransport): Promise<void> {
    const { options } = this;
    // The caller may have hung up in the meantime, or it may have taken too long.
    this.lifetime.signal.throwIfAborted();
    this.transport = transport;
    try {
      this.queues = this.audioQueues.open({
        use: 'conversation',
        sources: ['mic'],
        sampleRate: transport.inputRate,
      });
      this.recording = this.recordCall(transport, options.resumed !== undefined);
      this.transport = this.recording ?? transport;
      this.conversation = this.converse(this.transport, this.queues, this.trace!);
    } catch (error) {
      this.giveUp();
      throw error;
    }
    this.started = true;
    try {
      this.begin(this.conversation, options);
      this.listenWhenPrepared(this.conversation);
    } catch (error) {
      await this.close('error');
      throw error;
    }
  }

  /** Audio of the caller, mono, at the transport's input rate. Kept, not copied. */
  pushAudio(pcm: Int16Array): void {
    // Time goes on.
    const heard = this.paused ? new Int16Array(pcm.length) : pcm;
    this.recording?.heard(heard);
    this.conversation?.pushAudio(heard);
  }

  /**
   * No recogniser, model, tool, recording or transcript gets what the caller says, types or keys. For what must not be
   * kept, such as the number of a card.
   */
  pause(): void {
    this.setPaused(true);
  }

  resume(): void {
    this.setPaused(false);
  }

  /** A typed turn. */
  pushText(text: string): void {
    if (this.accepts() && !this.paused) this.conversation?.pushText(text);
  }

  /** A key: 0-9, *, #, A-D. */
  pushDtmf(digit: string): void {
    if (this.accepts() && !this.paused) this.conversation?.pushDtmf(digit);
  }

  /** The caller's own client asks the agent to stop speaking. */
  interrupt(): void {
    if (this.accepts()) this.conversation?.interrupt();
  }

  /** The client's word on how much of a generation it has played. */
  reportPlayback(generationId: string, playedMs: number): void {
    this.conversation?.reportPlayback(generationId, playedMs);
  }

  describe(): SessionSummary {
    return {
      session_id: this.id,
      kind: 'voice',
      tenant: this.tenant,
      agent: this.state.agent.name,
      scenario: this.state.scenario.name,
      started_at: new Date(this.wallTimeOf(this.startedAt)).toISOString(),
      duration_ms: Math.round(this.clock.now() - this.startedAt),
      turns: this.turns,
      state: this.paused ? 'PAUSED' : (this.conversation?.generationState ?? 'IDLE'),
      active_tasks: this.supervisor.activeTasks,
    };
  }

  said({ part, from }: SaidBefore): SaidSoFar {
    const said = this.transcript?.said ?? [];
    const known = part === this.part ? from : 0;
    const { agent, state } = this.describe();
    return { part: this.part, total: said.length, entries: said.slice(known), agent, state };
  }

  /** Ends the session: what runs is aborted, what was leased goes back, the client is told why. Idempotent. */
  close(kind: AbortKind): Promise<void> {
    if (this.closing) return this.closed;
    // First of all: what closing calls back (a generation that ends) must see that the session is over.
    this.closing = true;
    if (this.started) void this.end(kind);
    // Still being built: `reserve` sees the abort, and gives back what it has.
    else if (this.reserving) this.lifetime.abort(new Aborted(kind));
    else this.giveUp(kind);
    return this.closed;
  }

  /** Before it has begun. */
  private giveUp(kind: AbortKind = 'error'): void {
    this.lifetime.abort(new Aborted(kind));
    this.conversation?.close();
    this.queues?.close();
    this.drops.close();
    this.speech?.release();
    this.trace?.end(kind, this.turns);
    this.closing = true;
    this.whenClosed();
  }

  private get turns(): number {
    return this.conversation?.turnsSoFar ?? 0;
  }

  private converse(transport: CallTransport, queues: SourceQueues, trace: CallTrace): Conversation {
    return new Conversation({
      trace,
      transport,
      state: this.state,
      speech: this.speech,
      queues,
      drops: this.drops,
      clock: this.clock,
      config: this.config,
      minConfidence: this.speechConfig.minConfidence,
      llm: this.llm,
      tools: this.tools,
      catalog: this.agents,
      supervisor: this.supervisor,
      events: this.events,
      session: this.lifetime.signal,
      log: (level, message) => this.log(level, message),
      bias: () => this.phrases.of(this.tenant),
      onActivity: () => this.touch(),
      onChange: () => this.keeper?.note(),
      onCallerTurn: (id, { source, text, rejected }) => {
        this.transcript?.caller(id, source, text, rejected);
        this.events.emit('turn.taken', { sessionId: this.id, source, understood: !rejected });
      },
      onSettled: ({ id, startedAt, agent, outcome = 'interrupted', metrics: latency }) =>
        this.transcript?.generation({ id, startedAt, agent: agent.name, outcome, latency }),
      onGenerationComplete: ({ metrics, turn: { source }, usedTools, heardAt }, outcome) => {
        this.events.emit('generation.completed', { sessionId: this.id, outcome, source, usedTools, metrics });
        if (source !== 'greeting' || heardAt === undefined) return;
        this.events.emit('caller.greeted', { sessionId: this.id, afterMs: heardAt - this.waitingSince });
      },
      onOver: () => void this.close('completed'),
    });
  }

  private begin(conversation: Conversation, { tenant, resumable, resumed }: SessionStart): void {
    if (resumable && this.resumeStore.enabled) this.keeper = this.keep(resumed?.ticket ?? new ResumeTicket(tenant));
    this.transcript = this.record(tenant);
    this.registry.add(this);
    this.events.emit('session.started', { sessionId: this.id, agent: this.state.agent.name });
    this.announce(resumed !== undefined);
    if (resumed?.snapshot.paused) this.setPaused(true);
    conversation.begin(resumed !== undefined, this.waitingSince);
    this.keeper?.note();
    this.touch();
  }

  private stateOf({ scenario, agent, resumed }: SessionStart): ConversationState {
    const { historyMaxTokens } = this.config;
    const onChange = (): void => this.keeper?.note();
    if (!resumed) {
      const chosen = this.agents.scenario(scenario);
      const starting = this.agents.agent(agent ?? chosen.start);
      return new ConversationState(this.id, chosen, starting, historyMaxTokens, onChange);
    }
    const { snapshot } = resumed;
    this.id = snapshot.sessionId;
    this.startedAt -= this.clock.wallTime() - snapshot.startedAt;
    const speaking = this.agents.agent(snapshot.agent);
    return new ConversationState(
      this.id,
      this.agents.scenario(snapshot.scenario),
      speaking,
      historyMaxTokens,
      onChange,
      snapshot,
    );
  }

  private traceOf({ tenant, traceParent, resumed }: SessionStart): CallTrace {
    const { state, conversations } = this;
    return new CallTrace({
      clock: this.clock,
      sessionId: this.id,
      tenant,
      scenario: state.scenario.name,
      agent: state.agent.name,
      since: this.waitingSince,
      parent: traceParent,
      earlier: resumed?.snapshot.traceparent,
      content: this.telemetry.content === 'on' ? conversations.redact : undefined,
    });
  }

  private keep(ticket: ResumeTicket): SessionKeeper {
    return new SessionKeeper({
      store: this.resumeStore,
      ticket,
      clock: this.clock,
      snapshot: () => this.snapshot(),
      onTakenOver: () => void this.close('superseded'),
      onProblem: (message) => this.log('warn', message),
    });
  }

  private snapshot(): SessionSnapshot {
    const snapshot = this.state.snapshot(this.wallTimeOf(this.startedAt), this.conversation?.speaking);
    const traceparent = this.trace?.traceparent;
    return { ...snapshot, paused: this.paused, ...(traceparent !== undefined && { traceparent }) };
  }

  private record(tenant: string): Transcript {
    return new Transcript({
      state: this.state,
      tenant,
      clock: this.clock,
      startedAt: this.startedAt,
      isRead: this.postCall.enabled,
      traceparent: this.trace?.traceparent,
      redact: this.conversations.redact,
      onChange: (record) => this.conversations.note(record),
    });
  }

  /** The agent can be heard before it can hear: a recogniser that is not ready in time is asked all the same. */
  private listenWhenPrepared(conversation: Conversation): void {
    const limit = this.clock.setTimeout(() => conversation.listen(), this.speechConfig.readyMs);
    this.lifetime.signal.addEventListener('abort', () => limit.cancel(), { once: true });
    this.prepare(conversation, this.state.agent)
      .catch((error: unknown) => this.log('warn', `Recogniser: ${messageOf(error)}`))
      .finally(() => {
        limit.cancel();
        conversation.listen();
      });
  }

  /** What callers of the tenant say may change while they do. */
  private async prepare(conversation: Conversation, agent: Agent): Promise<void> {
    const prepared = Promise.withResolvers<void>();
    const unfollow = this.phrases.follow(
      this.tenant,
      () => void prepared.promise.then(() => conversation.expectAgain()),
    );
    this.lifetime.signal.addEventListener('abort', unfollow, { once: true });
    if (this.lifetime.signal.aborted) unfollow();
    await conversation.prepare(speechHintsOf(agent, this.state.expecting));
    prepared.resolve();
  }

  private recordCall(transport: CallTransport, resumed: boolean): RecordedCall | undefined {
    const { recordings, clock, tenant, startedAt } = this;
    if (!recordings.enabled) return undefined;
    const recorder = new CallRecorder({
      tenant,
      conversationId: this.id,
      clock,
      startedAt,
      resumed,
      callerRate: transport.inputRate,
      agentRate: transport.outputRate,
      pieceMs: recordings.pieceMs,
      onPiece: (piece) => recordings.keep(piece),
    });
    return new RecordedCall(transport, recorder, (message) => this.log('error', message));
  }

  private wallTimeOf(clockTime: number): number {
    return this.clock.wallTime() - (this.clock.now() - clockTime);
  }

  private announce(resumed: boolean): void {
    const { encoding, inputRate, outputRate } = this.transport;
    this.transport.send({
      type: 'session_started',
      session_id: this.id,
      protocol: 1,
      agent: this.state.agent.name,
      scenario: this.state.scenario.name,
      encoding,
      sample_rate: inputRate,
      out_sample_rate: outputRate,
      resumed,
      resume_token: this.keeper?.token ?? null,
    });
    this.log('info', `Session ${resumed ? 'goes on' : 'started'} with ${this.state.agent.name}`);
  }

  /** Something happened: the idle time starts over. */
  private touch(): void {
    this.activeAt = this.clock.now();
    if (!this.idleTimer && !this.closing) this.watchIdleness(this.voiceConfig.idleTimeoutMs);
  }

  /** Looks again when it would be over: a caller who speaks is activity many times a second. */
  private watchIdleness(forMs: number): void {
    this.idleTimer = this.clock.setTimeout(() => {
      const leftMs = this.activeAt + this.voiceConfig.idleTimeoutMs - this.clock.now();
      if (leftMs > 0) this.watchIdleness(leftMs);
      else void this.close('idle');
    }, forMs);
  }

  private setPaused(paused: boolean): void {
    if (!this.accepts() || this.paused === paused) return;
    this.paused = paused;
    if (this.recording) this.recording.paused = paused;
    this.conversation?.pause(paused);
    this.keeper?.note();
    this.touch();
    this.trace?.paused(paused);
    this.transport.send({ type: paused ? 'paused' : 'resumed' });
    this.log('info', paused ? 'Paused' : 'Goes on');
  }

  private accepts(): boolean {
    return this.started && !this.closing;
  }

  private async end(kind: AbortKind): Promise<void> {
    let leaked: readonly string[] = [];
    const steps: (() => unknown)[] = [
      () => this.sayGoodbye(kind),
      async () => (leaked = await this.supervisor.stop(kind, this.config.taskStopMs)),
      () => this.speech.release(),
      () => this.keeper?.close(resumableEnds.has(kind) ? this.snapshot() : undefined),
      () => this.transcript?.end(kind),
      () => this.registry.remove(this.id),
    ];
    // Whatever fails on the way, all the others give back what they have, and the slot is free.
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        this.log('error', `Ending: ${messageOf(error)}`);
      }
    }
    this.trace?.end(kind, this.turns, leaked);
    this.whenClosed();
    this.report(kind, leaked);
  }

  /** The last the client hears, at once: nothing is sent and no timer runs any more. */
  private sayGoodbye(kind: AbortKind): void {
    this.idleTimer?.cancel();
    try {
      this.conversation?.end(kind);
      this.transport.send({
        type: 'session_ended',
        reason: kind,
        duration_ms: Math.round(this.clock.now() - this.startedAt),
        turns: this.turns,
        resumable: this.keeper !== undefined && resumableEnds.has(kind),
      });
      this.transport.close(closeCodes[kind], kind);
    } finally {
      this.trace?.over();
      this.conversation?.close();
      this.queues?.close();
      this.drops.close();
      this.lifetime.abort(new Aborted(kind));
    }
  }

  private report(kind: AbortKind, leaked: readonly string[]): void {
    const durationMs = this.clock.now() - this.startedAt;
    this.events.emit('session.ended', {
      sessionId: this.id,
      reason: kind,
      outcome: outcomeOf(kind, this.turns, this.conversation?.transferred),
      durationMs,
      turns: this.turns,
    });
    const leaks = leaked.length > 0 ? `; leaked ${leaked.join(', ')}` : '';
    this.log('info', `Session ended (${kind}) after ${this.turns} turns${leaks}`);
  }

  private log(level: 'info' | 'warn' | 'error', message: string): void {
    this.logger[level]({ session_id: this.id }, message);
  }
}
