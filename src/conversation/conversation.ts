import type { AgentSet } from '../agents/agent-set.js';
import { DropLog } from '../audio/drop-log.js';
import type { DroppedAudio, SourceQueues } from '../audio/source-queues.js';
import type { ConversationConfig } from '../config/conversation.config.js';
import type { EventBus } from '../events/event-bus.js';
import type { AbortKind } from '../kernel/abort.js';
import { AsyncQueue } from '../kernel/async-queue.js';
import type { Clock } from '../kernel/clock.js';
import { messageOf } from '../kernel/errors.js';
import type { TaskSupervisor } from '../kernel/task-supervisor.js';
import type { LlmClient } from '../llm/llm-client.js';
import { Template } from '../llm/templates.js';
import type { SessionSpeech } from '../speech/speech.service.js';
import type { SpeechHints, SttResult } from '../speech/stt-stream.js';
import type { ToolRegistry } from '../tools/tool-registry.js';
import { isBackchannel } from './backchannel.js';
import type { CallTrace } from './call-trace.js';
import type { CallTransport } from './call-transport.js';
import type { ConversationState, PartlyHeard } from './conversation-state.js';
import { DtmfCollector } from './dtmf-collector.js';
import { FloorControl } from './floor-control.js';
import type { Generation } from './generation.js';
import type { GenerationOutcome, GenerationState } from './generation-tracker.js';
import { GapReport } from './gap-report.js';
import { GenerationRunner } from './generation-runner.js';
import { Listener } from './listener.js';
import { PatienceWatch } from './patience-watch.js';
import type { TransferStatus } from './session-end.js';
import { SilenceWatch } from './silence-watch.js';
import { SpeechExpectation } from './speech-expectation.js';
import { type FinalAction, type SpeechTiming, type Turn, isCallerTurn, turnId } from './turn.js';
import { meaningOf } from './utterance-meaning.js';

export interface ConversationParts {
  readonly state: ConversationState;
  readonly transport: CallTransport;
  readonly speech: SessionSpeech;
  /** The caller's audio on its way in. */
  readonly queues: SourceQueues;
  readonly clock: Clock;
  readonly config: ConversationConfig;
  /** Recognised words below it count as not understood, 0 to 1. */
  readonly minConfidence: number;
  readonly llm: LlmClient;
  readonly tools: ToolRegistry;
  readonly catalog: AgentSet;
  readonly supervisor: TaskSupervisor;
  readonly trace: CallTrace;
  readonly events: EventBus;
  /** Ends with the session. */
  readonly session: AbortSignal;
  log(level: 'info' | 'warn' | 'error', message: string): void;
  /** Words and names to expect in all that is said. */
  bias(): readonly string[];
  /** Somebody has said, typed or keyed something. */
  onActivity(): void;
  /** What the caller would miss after a reconnect has changed, besides the history. */
  onChange(): void;
  onGenerationComplete(generation: Generation, outcome: GenerationOutcome): void;
  onSettled(generation: Generation): void;
  onCallerTurn(id: string, turn: Turn): void;
  /** There is nothing left to say: the session is to end. */
  onOver(): void;
}

const MAX_PENDING_TURNS = 20;

/**
 * Who speaks, and when: the caller's speech, text and keys become turns, turns become generations, and either side's
 * silence has its consequences.
 */
export class Conversation {
  private readonly turns = new AsyncQueue<Turn>(MAX_PENDING_TURNS);
  private readonly runner: GenerationRunner;
  private readonly listener: Listener;
  private readonly floor: FloorControl;
  private readonly silence: SilenceWatch;
  private readonly patience: PatienceWatch;
  private readonly dtmf: DtmfCollector;
  private readonly drops: DropLog;
  private readonly gaps: GapReport;
  private readonly expectation: SpeechExpectation;
  private over = false;
  private lastTransfer: TransferStatus | undefined;

  constructor(private readonly parts: ConversationParts) {
    const { transport, state, speech, config } = parts;
    const { vadThreshold, vadStartMs, endpointSilenceMs, maxUtteranceMs, preRollMs } = config;
    this.runner = new GenerationRunner({
      ...parts,
      voice: speech.voice,
      audibleBy: () => {
        const { silentSince } = this.patience;
        return silentSince === undefined ? undefined : silentSince + config.firstSoundMs;
      },
      // A caller who cuts into a question is answering it.
      onAnswered: () => this.expectation.update(),
      onHeard: () => parts.onChange(),
      onComplete: (generation, outcome) => this.onGenerationComplete(generation, outcome),
      onSettled: (generation) => parts.onSettled(generation),
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
      parts.queues,
      speech.stt,
      speech.vad,
      parts.clock,
      {
        speechHeard: (speechMs, sinceMs, arrivedAt, first) => this.onSpeech(speechMs, sinceMs, arrivedAt, first),
        speechStopped: (atMs) => this.onSpeechStopped(atMs),
        partial: (text, stable) => this.onPartial(text, stable),
        final: (result, timing, span) => this.onFinal(result, timing, span),
        failed: (error, startedAt) => this.onRecogniserError(error, startedAt),
        abandoned: (startedAt) => parts.trace.recognised({ startedAt, endedAt: parts.clock.now() }),
        dropped: (audio) => this.onDropped(audio),
      },
    );
    this.expectation = new SpeechExpectation(state, this, parts.supervisor, (message) => parts.log('error', message));
    this.floor = new FloorControl(parts.clock, parts.config, this.runner, () => this.listener.busy);
    this.drops = new DropLog(parts.clock, (line) => parts.log('warn', line));
    this.gaps = new GapReport(parts.clock, ({ source, fromMs, toMs, reason }) => {
      parts.trace.audioDropped(source, toMs - fromMs, reason);
      transport.send({ type: 'audio_dropped', source, from_ms: fromMs, to_ms: toMs, reason });
    });
    this.silence = new SilenceWatch(parts.clock, (step) => this.onSilence(step));
    this.patience = new PatienceWatch(
      parts.clock,
      config.fillerAfterMs,
      () => this.runner.audible || this.runner.held || this.listener.speaking,
      (times) => this.fillSilence(times),
    );
    this.dtmf = new DtmfCollector(parts.clock, (digits) => {
      state.digits = '';
      this.submit({ id: this.nextTurnId(), source: 'dtmf', text: digits, rejected: false, interruptible: true });
    });
  }

  get turnsSoFar(): number {
    return this.parts.state.turns;
  }

  /** What came of the last attempt; undefined if nobody wanted a transfer. */
  get transferred(): TransferStatus | undefined {
    return this.lastTransfer;
  }

  get generationState(): GenerationState {
    return this.runner.state;
  }

  /** Makes the recogniser ready for what the agent expects to hear. */
  prepare(hints: SpeechHints): Promise<void> {
    const bias = this.parts.bias();
    return this.listener.prepare(bias.length > 0 ? { ...hints, bias } : hints);
  }

  /** `bias` has changed; the next utterance counts with it. */
  expectAgain(): void {
    if (!this.over) this.expectation.update();
  }

  /**
   * Starts the session's lifetime tasks, and speaks first if the agent does.
   * @param resumed it goes on after its connection was lost. @param since clock time at which the caller began to wait.
   */
  begin(resumed: boolean, since: number): void {
    void this.parts.supervisor.spawn('turns', (signal) => this.answerTurns(signal), { lifetime: true });
    void this.parts.supervisor.spawn('speaking', (signal) => this.runner.speaker.run(signal), { lifetime: true });
    const opening = resumed ? this.goingOn() : this.greeting();
    if (!opening) return this.silence.arm(this.parts.state.agent.noInput);
    this.submit(opening);
    this.patience.begin(since);
  }

  /** The recogniser is ready; audio that came before waits. Idempotent. */
  listen(): void {
    if (!this.over) this.listener.start();
  }

  /** What is being said at the moment. */
  get speaking(): PartlyHeard | undefined {
    return this.runner.speaking;
  }

  pushAudio(pcm: Int16Array): void {
    this.listener.push(pcm);
  }

  pushText(text: string): void {
    this.submit({ id: this.nextTurnId(), source: 'text', text, rejected: false, interruptible: true });
  }

  pushDtmf(digit: string): void {
    this.parts.onActivity();
    this.silence.disarm();
    this.dtmf.press(digit, this.wantedDigits());
    this.parts.state.digits = this.dtmf.pressed;
    this.parts.onChange();
    if (!this.dtmf.busy) this.awaitCaller();
  }

  interrupt(): void {
    const generation_id = this.runner.interrupt('barge_in', true);
    // What it interrupted may have been the last words of the session.
    if (!this.over) this.parts.transport.send({ type: 'interrupt_ack', generation_id });
  }

  /** Nobody wonders why the caller is silent, until they are heard again. */
  pause(paused: boolean): void {
    this.silence.hold(paused);
    if (!paused && !this.over) this.awaitCaller();
  }

  reportPlayback(generationId: string, playedMs: number): void {
    this.runner.playout.report(generationId, playedMs);
  }

  /** Falls silent at once: no timer runs any more, and nothing new begins. */
  end(kind: AbortKind): void {
    this.over = true;
    this.silence.disarm();
    this.patience.end();
    this.dtmf.close();
    this.floor.close();
    this.gaps.close();
    this.runner.interrupt(kind, false);
  }

  /** Stops listening; the recogniser's stream may go back. Also before `begin`. */
  close(): void {
    this.over = true;
    this.patience.end();
    this.gaps.close();
    this.drops.close();
    this.listener.close();
    this.runner.close();
  }

  private greeting(): Turn | undefined {
    const { greeting } = this.parts.state.agent;
    if (!greeting || !this.parts.config.greeting) return undefined;
    const text = this.render(greeting.text);
    return { id: null, source: 'greeting', text, rejected: false, interruptible: greeting.interruptible };
  }

  /** The caller is back: what was not answered, or not heard, comes first; else the agent says again what it wants. */
  private goingOn(): Turn | undefined {
    const { state } = this.parts;
    this.dtmf.restore(state.digits);
    const base = { id: null, source: 'reconnect', rejected: false, interruptible: true } as const;
    const { awaits } = state.history;
    // An answer that is known, but was not heard at all, is said as it was.
    if (awaits === 'model' || (awaits === 'answer' && state.unsaid === '')) return { ...base, text: '' };
    const text = state.unsaid || state.history.lastSentence;
    if (text === '') return this.greeting();
    return { ...base, text: `${this.render(state.agent.reconnected)} ${text}`.trim() };
  }

  private onSpeech(speechMs: number, sinceMs: number, arrivedAt: number, first: boolean): void {
    this.parts.onActivity();
    this.silence.disarm();
    if (first) this.parts.transport.send({ type: 'speech_started', at_ms: Math.round(sinceMs) });
    if (speechMs >= this.parts.config.bargeInMs && this.parts.state.agent.bargeIn.enabled)
      this.floor.callerSpeaks(arrivedAt);
  }

  private onSpeechStopped(atMs: number): void {
    this.parts.transport.send({ type: 'speech_stopped', at_ms: Math.round(atMs) });
    if (!this.runner.active) this.patience.begin(this.parts.clock.now() - this.parts.config.endpointSilenceMs);
  }

  private onPartial(text: string, stable: boolean): void {
    const turn_id = this.currentTurnId();
    this.parts.transport.send({ type: stable ? 'transcription_stabilized' : 'transcription_update', text, turn_id });
    const words = text.split(' ').filter(Boolean).length;
    if (stable && words >= this.parts.config.bargeInMinWords && this.parts.state.agent.bargeIn.enabled)
      this.floor.callerSpeaks(this.parts.clock.now());
  }

  private onFinal(result: SttResult, timing: SpeechTiming, span: { startMs: number; endMs: number }): void {
    this.parts.onActivity();
    const meaning = meaningOf(result, span.endMs - span.startMs, this.parts.minConfidence);
    const recognition = { startedAt: timing.startedAt, endedAt: timing.finalAt, result };
    this.parts.transport.send({
      type: 'transcription_finished',
      text: result.text,
      turn_id: this.currentTurnId(),
      confidence: result.confidence,
      rejected: meaning === 'noise' || meaning === 'unclear',
      start_ms: Math.round(span.startMs),
      end_ms: Math.round(span.endMs),
    });
    if (meaning === 'nothing' || meaning === 'noise' || (meaning === 'words' && this.onlyListens(result.text))) {
      this.parts.trace.recognised(recognition);
      this.floor.callerSaidNothing();
      if (!this.runner.active) this.patience.end();
      this.awaitCaller();
      return;
    }
    this.submit({
      id: this.nextTurnId(),
      source: 'voice',
      text: meaning === 'words' ? result.text : '',
      rejected: meaning === 'unclear',
      timing,
      recognition,
      interruptible: true,
    });
  }

  /** Whether the caller only showed that they listen, or wait: to an agent who speaks, thinks or looks something up. */
  private onlyListens(text: string): boolean {
    return this.runner.active && isBackchannel(text, this.parts.state.agent.bargeIn.backchannels);
  }

  private onDropped(audio: DroppedAudio): void {
    this.drops.note(audio);
    this.gaps.note(audio);
  }

  private onRecogniserError(error: Error, startedAt: number): void {
    this.parts.log('warn', `Recogniser: ${error.message}`);
    this.parts.transport.send({ type: 'error', code: 'stt_failed', message: 'The recogniser failed', retryable: true });
    this.submit({
      id: this.nextTurnId(),
      source: 'voice',
      text: '',
      rejected: true,
      recognition: { startedAt, endedAt: this.parts.clock.now(), error },
      interruptible: true,
    });
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
      this.parts.transport.send({ type: 'error', code: 'at_capacity', message, retryable: true });
      return;
    }
    if (!isCallerTurn(turn)) return;
    if (turn.id !== null) this.parts.onCallerTurn(turn.id, turn);
    this.parts.onActivity();
    this.silence.reset();
    this.patience.begin();
    if (this.cutsIn()) this.runner.interrupt('barge_in', true);
    else this.floor.callerWaits();
  }

  /** The caller waits, and hears nothing. */
  private fillSilence(times: number): void {
    const { waiting } = this.parts.state.agent;
    const template = waiting[Math.min(times, waiting.length - 1)];
    if (template === undefined || this.over) return;
    const text = this.render(template);
    if (this.runner.active) this.runner.fill(text);
    else this.submit({ id: null, source: 'filler', text, rejected: false, interruptible: false });
  }

  /** Whether a new turn of the caller ends what the agent is saying. */
  private cutsIn(): boolean {
    return this.runner.active && this.runner.interruptible && this.parts.state.agent.onNewInput === 'interrupt';
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
    this.parts.onGenerationComplete(generation, outcome);
    if (this.over) return;
    if (this.turns.depth === 0 && !this.listener.busy) this.patience.end();
    this.expectation.update();
    this.parts.onActivity();
    // A caller who says something into the goodbye is not hung up on.
    if (generation.finalAction && this.turns.depth === 0) return this.finish(generation.finalAction);
    this.awaitCaller();
  }

  /** It is the caller's turn, unless something is going on. */
  private awaitCaller(): void {
    if (this.runner.active || this.turns.depth > 0 || this.listener.busy || this.dtmf.busy) return;
    this.silence.arm(this.parts.state.agent.noInput);
  }

  private finish(action: FinalAction): void {
    const { transport, supervisor } = this.parts;
    if (action.type === 'end') return this.parts.onOver();
    if (transport.transfer) return void supervisor.spawn('transfer', () => this.transfer(action));
    this.tellTransfer(action, 'simulated');
    this.parts.onOver();
  }

  /** The caller stays with the agent until somebody else has them. */
  private async transfer(action: FinalAction & { type: 'transfer' }): Promise<void> {
    this.tellTransfer(action, 'started');
    this.patience.begin();
    try {
      await this.parts.transport.transfer?.(action.target, action.reason);
      this.parts.onOver();
    } catch (error) {
      if (this.over) return;
      this.parts.log('warn', `Transfer: ${messageOf(error)}`);
      this.tellTransfer(action, 'failed');
      const text = this.render(this.parts.state.agent.transferFailed);
      this.submit({ id: null, source: 'transfer_failed', text, rejected: false, interruptible: true });
    }
  }

  private tellTransfer({ target, reason }: FinalAction & { type: 'transfer' }, status: TransferStatus): void {
    this.lastTransfer = status;
    this.parts.trace.transfer(target, status);
    this.parts.events.emit('call.transferred', { sessionId: this.parts.state.sessionId, status });
    this.parts.transport.send({ type: 'transfer', target, status, reason });
  }

  private wantedDigits(): number | undefined {
    const [name] = this.parts.state.expecting;
    const slot = name === undefined ? undefined : this.parts.state.agent.dialogue.slots[name];
    return slot?.kind === 'digits' && slot.minLength === slot.maxLength ? slot.maxLength : undefined;
  }

  private currentTurnId(): string {
    return turnId(this.parts.state.turns + 1);
  }

  private nextTurnId(): string {
    return turnId(++this.parts.state.turns);
  }

  private render(template: string): string {
    return Template.parse(template).render(this.parts.state.templateVariables);
  }
}
