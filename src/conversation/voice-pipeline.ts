import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { PinoLogger } from 'nestjs-pino';
import { AgentCatalog } from '../agents/agent-catalog.js';
import { speechHintsOf } from '../agents/speech-hints.js';
import { ConversationConfig } from '../config/conversation.config.js';
import { SpeechConfig } from '../config/speech.config.js';
import { VoiceConfig } from '../config/voice.config.js';
import { EventBus } from '../events/event-bus.js';
import { type AbortKind, Aborted, untilAborted } from '../kernel/abort.js';
import { AsyncQueue } from '../kernel/async-queue.js';
import { Clock, type Timer } from '../kernel/clock.js';
import { messageOf } from '../kernel/errors.js';
import { TaskSupervisor } from '../kernel/task-supervisor.js';
import { LlmClient } from '../llm/llm-client.js';
import { Template } from '../llm/templates.js';
import { type SessionSpeech, SpeechService } from '../speech/speech.service.js';
import type { SttResult } from '../speech/stt-stream.js';
import { SessionRegistry, type LiveSession, type SessionSummary } from '../state/session-registry.js';
import { ToolRegistry } from '../tools/tool-registry.js';
import { isBackchannel } from './backchannel.js';
import type { CallTransport } from './call-transport.js';
import { ConversationState } from './conversation-state.js';
import { DtmfCollector } from './dtmf-collector.js';
import { FloorControl } from './floor-control.js';
import type { Generation } from './generation.js';
import type { GenerationOutcome } from './generation-tracker.js';
import { GenerationRunner } from './generation-runner.js';
import { Listener } from './listener.js';
import { closeCodes } from './session-end.js';
import type { SessionEvent } from './session-events.js';
import { SilenceWatch } from './silence-watch.js';
import { SpeechExpectation } from './speech-expectation.js';
import { type FinalAction, type SpeechTiming, type Turn, isCallerTurn } from './turn.js';
import { meaningOf } from './utterance-meaning.js';

export interface SessionStart {
  readonly scenario: string;
  /** Where to begin; the scenario's start agent if undefined. */
  readonly agent: string | undefined;
}

const MAX_PENDING_TURNS = 20;

/**
 * One live voice session, made afresh for each connection. Frames go in, events and audio come out through the
 * transport; everything in between hangs on one abort tree and is gone after `close`.
 *
 *     push ─► Listener (VAD, recogniser) ─► turns ─► GenerationRunner (model, tools, synthesiser, playout) ─► transport
 */
@Injectable()
export class VoicePipeline implements LiveSession {
  readonly id = randomUUID();
  private readonly lifetime = new AbortController();
  private readonly supervisor: TaskSupervisor;
  private readonly turns = new AsyncQueue<Turn>(MAX_PENDING_TURNS);
  private readonly startedAt: number;
  private turnCount = 0;
  private idleTimer: Timer | undefined;
  private closing = false;
  private whenClosed: () => void = () => undefined;

  /** Resolves when the session is gone, whoever ended it. */
  readonly closed = new Promise<void>((resolve) => (this.whenClosed = resolve));

  // Set by `start`.
  private transport!: CallTransport;
  private state!: ConversationState;
  private speech!: SessionSpeech;
  private listener!: Listener;
  private runner!: GenerationRunner;
  private floor!: FloorControl;
  private silence!: SilenceWatch;
  private dtmf!: DtmfCollector;
  private expectation!: SpeechExpectation;
  private started = false;

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
    private readonly events: EventBus,
    private readonly logger: PinoLogger,
  ) {
    this.startedAt = clock.now();
    this.supervisor = new TaskSupervisor(
      this.lifetime.signal,
      clock,
      (end) => void this.close(end.status === 'cancelled' ? 'hangup' : 'error'),
      (name, problem) => this.log('error', `Task ${name} ${problem}`),
    );
  }

  /** Builds the session and starts its tasks. On failure everything is given back and the error thrown. */
  async start(transport: CallTransport, options: SessionStart): Promise<void> {
    this.transport = transport;
    try {
      const scenario = this.catalog.scenario(options.scenario);
      const agent = this.catalog.agent(options.agent ?? scenario.start);
      this.state = new ConversationState(this.id, scenario, agent, this.config.historyMaxTokens);
      this.speech = await this.speechService.lease(this.id, this.lifetime.signal);
      this.build();
      // The caller may hang up in the meantime, or it may take too long.
      await untilAborted(this.listener.prepare(speechHintsOf(agent, [])), this.lifetime.signal);
    } catch (error) {
      this.lifetime.abort(new Aborted('error'));
      this.listener?.close();
      this.speech?.release();
      this.closing = true;
      this.whenClosed();
      throw error;
    }
    this.started = true;
    try {
      this.begin();
    } catch (error) {
      await this.close('error');
      throw error;
    }
  }

  /** Audio of the caller, mono, at the transport's input rate. Kept, not copied. */
  pushAudio(pcm: Int16Array): void {
    this.listener?.push(pcm);
  }

  /** A typed turn. */
  pushText(text: string): void {
    if (!this.accepts()) return;
    this.submit({ id: this.nextTurnId(), source: 'text', text, rejected: false, interruptible: true });
  }

  pushDtmf(digit: string): void {
    if (!this.accepts()) return;
    this.touch();
    this.silence.disarm();
    this.dtmf.press(digit, this.wantedDigits());
    if (!this.dtmf.busy) this.awaitCaller();
  }

  /** The caller's own client asks the agent to stop speaking. */
  interrupt(): void {
    if (!this.accepts()) return;
    const generation_id = this.runner.interrupt('barge_in', true);
    // What it interrupted may have been the last words of the session.
    if (!this.closing) this.emit({ type: 'interrupt_ack', generation_id });
  }

  /** The client's word on how much of a generation it has played. */
  reportPlayback(generationId: string, playedMs: number): void {
    this.runner?.playout.report(generationId, playedMs);
  }

  describe(): SessionSummary {
    return {
      session_id: this.id,
      agent: this.state.agent.name,
      scenario: this.state.scenario.name,
      started_at: new Date(this.clock.wallTime() - (this.clock.now() - this.startedAt)).toISOString(),
      duration_ms: Math.round(this.clock.now() - this.startedAt),
      turns: this.turnCount,
      state: this.runner.state,
      active_tasks: this.supervisor.activeTasks,
    };
  }

  /** Ends the session: what runs is aborted, what was leased goes back, the client is told why. Idempotent. */
  close(kind: AbortKind): Promise<void> {
    if (this.closing) return this.closed;
    // First of all: what closing calls back (a generation that ends) must see that the session is over.
    this.closing = true;
    if (this.started) this.end(kind).catch((error: unknown) => this.log('error', `Ending: ${messageOf(error)}`));
    // Still being built: `start` sees the abort, and gives back what it has.
    else this.lifetime.abort(new Aborted(kind));
    return this.closed;
  }

  private build(): void {
    const { transport, state, speech } = this;
    const { vadThreshold, vadStartMs, endpointSilenceMs, maxUtteranceMs, preRollMs } = this.config;
    this.runner = new GenerationRunner({
      state,
      transport,
      voice: speech.voice,
      clock: this.clock,
      config: this.config,
      llm: this.llm,
      tools: this.tools,
      catalog: this.catalog,
      supervisor: this.supervisor,
      session: this.lifetime.signal,
      log: (level, message) => this.log(level, message),
      // A caller who cuts into a question is answering it.
      onAnswered: () => this.expectation.update(),
      onComplete: (generation, outcome) => this.onGenerationComplete(generation, outcome),
    });
    this.listener = new Listener(
      {
        inputRate: transport.inputRate,
        sttRate: speech.sttRate,
        preRollMs,
        threshold: vadThreshold,
        startMs: vadStartMs,
        endSilenceMs: endpointSilenceMs,
        maxUtteranceMs,
      },
      speech.stt,
      speech.vad,
      this.clock,
      {
        speechHeard: (speechMs, sinceMs, arrivedAt, first) => this.onSpeech(speechMs, sinceMs, arrivedAt, first),
        speechStopped: (atMs) => this.emit({ type: 'speech_stopped', at_ms: Math.round(atMs) }),
        partial: (text, stable) => this.onPartial(text, stable),
        final: (result, timing, span) => this.onFinal(result, timing, span),
        failed: (error) => this.onRecogniserError(error),
        dropped: ({ fromMs, toMs }) =>
          this.emit({ type: 'audio_dropped', source: 'mic', from_ms: fromMs, to_ms: toMs, reason: 'queue_full' }),
      },
    );
    this.expectation = new SpeechExpectation(state, this.listener, this.supervisor, (message) =>
      this.log('error', message),
    );
    this.floor = new FloorControl(this.clock, this.config, this.runner, () => this.listener.busy);
    this.silence = new SilenceWatch(this.clock, (step) => this.onSilence(step));
    this.dtmf = new DtmfCollector(this.clock, (digits) =>
      this.submit({ id: this.nextTurnId(), source: 'dtmf', text: digits, rejected: false, interruptible: true }),
    );
  }

  private begin(): void {
    this.registry.add(this);
    this.events.emit('session.started', { sessionId: this.id, agent: this.state.agent.name });
    this.announce();
    void this.supervisor.spawn('turns', (signal) => this.answerTurns(signal), { lifetime: true });
    void this.supervisor.spawn('speaking', (signal) => this.runner.speaker.run(signal), { lifetime: true });
    this.listener.start();
    this.greet();
    this.touch();
  }

  private announce(): void {
    const { encoding, inputRate, outputRate } = this.transport;
    this.emit({
      type: 'session_started',
      session_id: this.id,
      protocol: 1,
      agent: this.state.agent.name,
      scenario: this.state.scenario.name,
      encoding,
      sample_rate: inputRate,
      out_sample_rate: outputRate,
      resume_token: null,
    });
    this.log('info', `Session started with ${this.state.agent.name}`);
  }

  private greet(): void {
    const greeting = this.state.agent.greeting;
    if (!greeting || !this.config.greeting) {
      this.silence.arm(this.state.agent.noInput);
      return;
    }
    const text = this.render(greeting.text);
    this.submit({ id: null, source: 'greeting', text, rejected: false, interruptible: greeting.interruptible });
  }

  private onSpeech(speechMs: number, sinceMs: number, arrivedAt: number, first: boolean): void {
    this.touch();
    this.silence.disarm();
    if (first) this.emit({ type: 'speech_started', at_ms: Math.round(sinceMs) });
    if (speechMs >= this.config.bargeInMs && this.state.agent.bargeIn.enabled) this.floor.callerSpeaks(arrivedAt);
  }

  private onPartial(text: string, stable: boolean): void {
    const turn_id = this.currentTurnId();
    this.emit({ type: stable ? 'transcription_stabilized' : 'transcription_update', text, turn_id });
    const words = text.split(' ').filter(Boolean).length;
    if (stable && words >= this.config.bargeInMinWords && this.state.agent.bargeIn.enabled)
      this.floor.callerSpeaks(this.clock.now());
  }

  private onFinal(result: SttResult, timing: SpeechTiming, span: { startMs: number; endMs: number }): void {
    this.touch();
    const meaning = meaningOf(result, span.endMs - span.startMs, this.speechConfig.minConfidence);
    this.emit({
      type: 'transcription_finished',
      text: result.text,
      turn_id: this.currentTurnId(),
      confidence: result.confidence,
      rejected: meaning === 'noise' || meaning === 'unclear',
      start_ms: Math.round(span.startMs),
      end_ms: Math.round(span.endMs),
    });
    if (meaning === 'nothing' || meaning === 'noise' || (meaning === 'words' && this.onlyListens(result.text))) {
      this.floor.callerSaidNothing();
      this.awaitCaller();
      return;
    }
    this.submit({
      id: this.nextTurnId(),
      source: 'voice',
      text: meaning === 'words' ? result.text : '',
      rejected: meaning === 'unclear',
      timing,
      interruptible: true,
    });
  }

  /** Whether the caller only showed that they listen, or wait: to an agent who speaks, thinks or looks something up. */
  private onlyListens(text: string): boolean {
    return this.runner.active && isBackchannel(text, this.state.agent.bargeIn.backchannels);
  }

  private onRecogniserError(error: Error): void {
    this.log('warn', `Recogniser: ${error.message}`);
    this.emit({ type: 'error', code: 'stt_failed', message: 'The recogniser failed', retryable: true });
    this.submit({ id: this.nextTurnId(), source: 'voice', text: '', rejected: true, interruptible: true });
  }

  private onSilence(step: Parameters<ConstructorParameters<typeof SilenceWatch>[1]>[0]): void {
    const base = { id: null, source: 'no_input', rejected: false, interruptible: true } as const;
    if ('reprompt' in step) return this.submit({ ...base, text: this.render(step.reprompt) });
    const { action } = step;
    const finalAction =
      action.type === 'end' ? ({ type: 'end', reason: 'no_input' } as const) : { ...action, reason: 'no_input' };
    this.submit({ ...base, text: this.render(action.text), finalAction });
  }

  private submit(turn: Turn): void {
    if (!this.turns.offer(turn)) {
      const message = `More than ${MAX_PENDING_TURNS} turns are waiting`;
      this.emit({ type: 'error', code: 'at_capacity', message, retryable: true });
      return;
    }
    if (!isCallerTurn(turn)) return;
    this.touch();
    this.silence.reset();
    if (this.cutsIn()) this.runner.interrupt('barge_in', true);
    else this.floor.callerWaits();
  }

  /** Whether a new turn of the caller ends what the agent is saying. */
  private cutsIn(): boolean {
    return this.runner.active && this.runner.interruptible && this.state.agent.onNewInput === 'interrupt';
  }

  /** The lifetime task `turns`. */
  private async answerTurns(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.turns.fail(signal.reason), { once: true });
    for await (const turn of this.turns) {
      if (isCallerTurn(turn) && this.cutsIn()) this.runner.interrupt('superseded', true);
      await this.runner.settled;
      signal.throwIfAborted();
      // An occasion to speak passes when the caller speaks first.
      if (turn.source === 'no_input' && (this.turns.depth > 0 || this.listener.busy)) continue;
      this.silence.disarm();
      this.runner.begin(turn);
    }
  }

  private onGenerationComplete(generation: Generation, outcome: GenerationOutcome): void {
    this.events.emit('generation.completed', { sessionId: this.id, outcome, metrics: generation.metrics });
    if (this.closing) return;
    this.expectation.update();
    this.touch();
    // A caller who says something into the goodbye is not hung up on.
    if (generation.finalAction && this.turns.depth === 0) return this.finish(generation.finalAction);
    this.awaitCaller();
  }

  /** It is the caller's turn, unless something is going on. */
  private awaitCaller(): void {
    if (this.runner.active || this.turns.depth > 0 || this.listener.busy || this.dtmf.busy) return;
    this.silence.arm(this.state.agent.noInput);
  }

  private finish(action: FinalAction): void {
    if (action.type === 'transfer') {
      const { target, reason } = action;
      this.emit({ type: 'transfer', target, status: 'simulated', reason });
    }
    void this.close('completed');
  }

  private wantedDigits(): number | undefined {
    const [name] = this.state.expecting;
    const slot = name === undefined ? undefined : this.state.agent.dialogue.slots[name];
    return slot?.kind === 'digits' && slot.minLength === slot.maxLength ? slot.maxLength : undefined;
  }

  /** Something happened: the idle time starts over. */
  private touch(): void {
    this.idleTimer?.cancel();
    if (!this.closing)
      this.idleTimer = this.clock.setTimeout(() => void this.close('idle'), this.voiceConfig.idleTimeoutMs);
  }

  private accepts(): boolean {
    return this.started && !this.closing;
  }

  private currentTurnId(): string {
    return `turn_${this.turnCount + 1}`;
  }

  private nextTurnId(): string {
    return `turn_${++this.turnCount}`;
  }

  private async end(kind: AbortKind): Promise<void> {
    this.sayGoodbye(kind);
    const leaked = await this.supervisor.stop(kind, this.config.taskStopMs);
    this.runner.close();
    this.speech.release();
    this.registry.remove(this.id);
    this.whenClosed();
    this.report(kind, leaked);
  }

  /** The last the client hears, at once: nothing is sent and no timer runs any more. */
  private sayGoodbye(kind: AbortKind): void {
    this.idleTimer?.cancel();
    this.silence.disarm();
    this.dtmf.close();
    this.floor.close();
    this.runner.interrupt(kind, false);
    this.emit({
      type: 'session_ended',
      reason: kind,
      duration_ms: Math.round(this.clock.now() - this.startedAt),
      turns: this.turnCount,
    });
    this.transport.close(closeCodes[kind], kind);
    this.listener.close();
    this.lifetime.abort(new Aborted(kind));
  }

  private report(kind: AbortKind, leaked: readonly string[]): void {
    const durationMs = this.clock.now() - this.startedAt;
    this.events.emit('session.ended', { sessionId: this.id, reason: kind, durationMs, turns: this.turnCount });
    const leaks = leaked.length > 0 ? `; leaked ${leaked.join(', ')}` : '';
    this.log('info', `Session ended (${kind}) after ${this.turnCount} turns${leaks}`);
  }

  private render(template: string): string {
    return Template.parse(template).render(this.state.templateVariables);
  }

  private emit(event: SessionEvent): void {
    this.transport.send(event);
  }

  private log(level: 'info' | 'warn' | 'error', message: string): void {
    this.logger[level]({ session_id: this.id }, message);
  }
}
