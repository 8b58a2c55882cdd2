import type { AgentSet } from '../agents/agent-set.js';
import { speechHintsOf } from '../agents/speech-hints.js';
import type { SourceQueues } from '../audio/source-queues.js';
import type { AbortKind } from '../kernel/abort.js';
import type { TaskSupervisor } from '../kernel/task-supervisor.js';
import type { Ending } from '../kernel/teardown.js';
import type { ConversationEntry } from '../services/conversations/conversation-record.js';
import type { SessionSpeech } from '../speech/speech.service.js';
import type { SessionSummary } from '../state/session-registry.js';
import { CallTrace } from './call-trace.js';
import type { CallTransport } from './call-transport.js';
import { Conversation } from './conversation.js';
import type { ConversationState } from './conversation-state.js';
import { KeptCall } from './kept-call.js';
import { listenWhenPrepared } from './listen-when-prepared.js';
import { closeCodes, outcomeOf } from './session-end.js';
import { type SessionStart, stateAt } from './session-start.js';
import type { SessionServices } from './voice-services.js';

export interface VoiceCallParts {
  readonly services: SessionServices;
  readonly start: SessionStart;
  /** Unless it goes on with one that had an id before. */
  readonly newId: string;
  /** Clock time at which the session was made. */
  readonly madeAt: number;
  readonly supervisor: TaskSupervisor;
  /** Ends with the session. */
  readonly session: AbortSignal;
  /** Somebody has said, typed or keyed something. */
  readonly onActivity: () => void;
  /** The session is to end. */
  readonly onOver: (kind: AbortKind) => void;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
}

/** What a voice session is made of: a conversation over a transport, with what it borrows, what is kept and what is told of it. */
export class VoiceCall {
  private readonly startedAt: number;
  /** Clock time. */
  private readonly waitingSince: number;
  /** They are read again while it lasts; a call keeps those that it began with. */
  private readonly agents: AgentSet;
  private readonly state: ConversationState;
  private readonly trace: CallTrace;
  private readonly kept: KeptCall;
  private speech: SessionSpeech | undefined;
  private transport: CallTransport | undefined;
  private queues: SourceQueues | undefined;
  private conversation: Conversation | undefined;
  private isPaused = false;

  constructor(private readonly parts: VoiceCallParts) {
    const { services, start, newId, madeAt, onOver, log } = parts;
    const { clock, catalog, config } = services;
    const { resumed } = start;
    this.waitingSince = start.since ?? clock.now();
    this.startedAt = resumed ? madeAt - (clock.wallTime() - resumed.snapshot.startedAt) : madeAt;
    this.agents = catalog.current;
    this.state = stateAt(start, newId, this.agents, config.historyMaxTokens, () => this.kept.note());
    this.trace = this.traceOf(start);
    this.kept = new KeptCall({
      services,
      start,
      state: this.state,
      startedAt: this.startedAt,
      traceparent: this.trace.traceparent,
      speaking: () => this.conversation?.speaking,
      onTakenOver: () => onOver('superseded'),
      log,
    });
  }

  get id(): string {
    return this.state.sessionId;
  }

  get turns(): number {
    return this.conversation?.turnsSoFar ?? 0;
  }

  /** All of it so far, as it is kept. */
  get said(): readonly ConversationEntry[] {
    return this.kept.said;
  }

  /** What it needs of the pools. Rejects as `SpeechService.lease` does. */
  async borrow(): Promise<void> {
    const { services, session } = this.parts;
    this.speech = await services.speech.lease(this.id, session, this.state.agent.language);
  }

  /** `borrow` has resolved. */
  build(transport: CallTransport): void {
    const { inputRate: sampleRate } = transport;
    this.transport = transport;
    this.queues = this.parts.services.audioQueues.open({ use: 'conversation', sources: ['mic'], sampleRate });
    this.transport = this.kept.record(transport);
    this.conversation = this.converse(this.transport, this.speech!, this.queues);
  }

  /** Tells everybody, and lets the agent speak. @param register makes the session known */
  begin(register: () => void): void {
    const { services, start, onActivity } = this.parts;
    const { resumed } = start;
    this.kept.begin();
    register();
    services.events.emit('session.started', { sessionId: this.id, agent: this.state.agent.name });
    this.announce(resumed !== undefined);
    if (resumed?.snapshot.paused) this.pause(true);
    this.conversation!.begin(resumed !== undefined, this.waitingSince);
    this.kept.note();
    onActivity();
    this.listen(this.conversation!);
  }

  /** Audio of the caller, mono, at the transport's input rate. Kept, not copied. */
  pushAudio(pcm: Int16Array): void {
    // Time goes on.
    const heard = this.isPaused ? new Int16Array(pcm.length) : pcm;
    this.kept.heard(heard);
    this.conversation?.pushAudio(heard);
  }

  pushText(text: string): void {
    if (!this.isPaused) this.conversation?.pushText(text);
  }

  pushDtmf(digit: string): void {
    if (!this.isPaused) this.conversation?.pushDtmf(digit);
  }

  interrupt(): void {
    this.conversation?.interrupt();
  }

  reportPlayback(generationId: string, playedMs: number): void {
    this.conversation?.reportPlayback(generationId, playedMs);
  }

  pause(paused: boolean): void {
    if (this.isPaused === paused) return;
    this.isPaused = paused;
    this.kept.pause(paused);
    this.conversation?.pause(paused);
    this.parts.onActivity();
    this.trace.paused(paused);
    this.transport?.send({ type: paused ? 'paused' : 'resumed' });
    this.parts.log('info', paused ? 'Paused' : 'Goes on');
  }

  describe(): Omit<SessionSummary, 'active_tasks'> {
    const { services, start } = this.parts;
    const { clock } = services;
    return {
      session_id: this.id,
      kind: 'voice',
      tenant: start.tenant,
      agent: this.state.agent.name,
      scenario: this.state.scenario.name,
      started_at: new Date(clock.wallTimeOf(this.startedAt)).toISOString(),
      duration_ms: Math.round(clock.now() - this.startedAt),
      turns: this.turns,
      state: this.isPaused ? 'PAUSED' : (this.conversation?.generationState ?? 'IDLE'),
    };
  }

  /** The last the client hears, at once: nothing is sent and no timer runs any more. */
  sayGoodbye(kind: AbortKind): void {
    try {
      this.conversation?.end(kind);
      this.transport?.send({
        type: 'session_ended',
        reason: kind,
        duration_ms: Math.round(this.parts.services.clock.now() - this.startedAt),
        turns: this.turns,
        resumable: this.kept.isResumableAfter(kind),
      });
      this.transport?.close(closeCodes[kind], kind);
    } finally {
      this.trace.over();
      this.conversation?.close();
      this.queues?.close();
    }
  }

  /** Gives back what was borrowed, once nothing uses it any more. */
  endings(kind: AbortKind): readonly Ending[] {
    return [() => this.speech?.release(), ...this.kept.endings(kind)];
  }

  endTrace(kind: AbortKind, leaked: readonly string[]): void {
    this.trace.end(kind, this.turns, leaked);
  }

  report(kind: AbortKind, leaked: readonly string[]): void {
    const { clock, events } = this.parts.services;
    events.emit('session.ended', {
      sessionId: this.id,
      reason: kind,
      outcome: outcomeOf(kind, this.conversation!.result),
      durationMs: clock.now() - this.startedAt,
      turns: this.turns,
    });
    const leaks = leaked.length > 0 ? `; leaked ${leaked.join(', ')}` : '';
    this.parts.log('info', `Session ended (${kind}) after ${this.turns} turns${leaks}`);
  }

  /** It has not begun, and will not. */
  giveUp(kind: AbortKind): void {
    this.conversation?.close();
    this.queues?.close();
    this.speech?.release();
    this.trace.end(kind, this.turns);
  }

  private traceOf({ tenant, traceParent, resumed }: SessionStart): CallTrace {
    const { clock, telemetry, conversations } = this.parts.services;
    return new CallTrace({
      clock,
      sessionId: this.id,
      tenant,
      scenario: this.state.scenario.name,
      agent: this.state.agent.name,
      since: this.waitingSince,
      parent: traceParent,
      earlier: resumed?.snapshot.traceparent,
      content: telemetry.content === 'on' ? conversations.redact : undefined,
    });
  }

  private converse(transport: CallTransport, speech: SessionSpeech, queues: SourceQueues): Conversation {
    const { services, start, supervisor, session, onActivity, onOver, log } = this.parts;
    const { clock, config, speechConfig, llm, tools, phrases, events } = services;
    const { id: sessionId, kept } = this;
    return new Conversation({
      trace: this.trace,
      transport,
      state: this.state,
      speech,
      queues,
      clock,
      config,
      minConfidence: speechConfig.minConfidence,
      llm,
      tools,
      catalog: this.agents,
      supervisor,
      events,
      session,
      log,
      bias: () => phrases.of(start.tenant),
      onActivity,
      onChange: () => kept.note(),
      onCallerTurn: (id, turn) => {
        kept.callerTurn(id, turn);
        events.emit('turn.taken', { sessionId, source: turn.source, understood: !turn.rejected });
      },
      onSettled: (generation) => kept.settled(generation),
      onGenerationComplete: ({ metrics, turn: { source }, usedTools, heardAt }, outcome) => {
        events.emit('generation.completed', { sessionId, outcome, source, usedTools, metrics });
        if (source !== 'greeting' || heardAt === undefined) return;
        events.emit('caller.greeted', { sessionId, afterMs: heardAt - this.waitingSince });
      },
      onOver: () => onOver('completed'),
    });
  }

  private announce(resumed: boolean): void {
    const transport = this.transport!;
    transport.send({
      type: 'session_started',
      session_id: this.id,
      protocol: 1,
      agent: this.state.agent.name,
      scenario: this.state.scenario.name,
      encoding: transport.encoding,
      sample_rate: transport.inputRate,
      out_sample_rate: transport.outputRate,
      resumed,
      resume_token: this.kept.resumeToken,
    });
    this.parts.log('info', `Session ${resumed ? 'goes on' : 'started'} with ${this.state.agent.name}`);
  }

  private listen(conversation: Conversation): void {
    const { services, start, session, log } = this.parts;
    const { clock, speechConfig, phrases } = services;
    listenWhenPrepared(conversation, {
      hints: speechHintsOf(this.state.agent, this.state.expecting),
      followBias: (onChange) => phrases.follow(start.tenant, onChange),
      readyMs: speechConfig.readyMs,
      clock,
      session,
      onProblem: (message) => log('warn', message),
    });
  }
}
