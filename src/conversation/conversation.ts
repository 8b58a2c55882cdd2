import type { AgentSet } from '../agents/agent-set.js';
import type { SourceQueues } from '../audio/source-queues.js';
import type { ConversationConfig } from '../config/conversation.config.js';
import type { EventBus } from '../events/event-bus.js';
import type { AbortKind } from '../kernel/abort.js';
import { AsyncQueue } from '../kernel/async-queue.js';
import type { Clock } from '../kernel/clock.js';
import type { TaskSupervisor } from '../kernel/task-supervisor.js';
import type { LlmClient } from '../llm/llm-client.js';
import type { SessionSpeech } from '../speech/speech.service.js';
import type { SpeechHints } from '../speech/stt-stream.js';
import type { ToolRegistry } from '../tools/tool-registry.js';
import { CallEnding } from './call-ending.js';
import { CallerSpeech } from './caller-speech.js';
import type { CallTrace } from './call-trace.js';
import type { CallTransport } from './call-transport.js';
import type { ConversationState, PartlyHeard } from './conversation-state.js';
import { DtmfCollector } from './dtmf-collector.js';
import { FloorControl } from './floor-control.js';
import type { Generation } from './generation.js';
import type { GenerationOutcome, GenerationState } from './generation-tracker.js';
import { GenerationRunner } from './generation-runner.js';
import { fillerOf, greetingOf, regretOf, remarkOnSilence, reunionOf } from './own-turns.js';
import { PatienceWatch } from './patience-watch.js';
import type { CallResult } from './session-end.js';
import { SilenceWatch } from './silence-watch.js';
import { SpeechExpectation } from './speech-expectation.js';
import { type Turn, isCallerTurn } from './turn.js';

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
  private readonly caller: CallerSpeech;
  private readonly floor: FloorControl;
  private readonly silence: SilenceWatch;
  private readonly patience: PatienceWatch;
  private readonly dtmf: DtmfCollector;
  private readonly ending: CallEnding;
  private readonly expectation: SpeechExpectation;
  private over = false;
  private fellSilent = false;

  constructor(private readonly parts: ConversationParts) {
    const { state, speech, config } = parts;
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
    this.caller = new CallerSpeech(parts, () => this.runner.active, {
      onActivity: () => parts.onActivity(),
      onSpeech: () => this.silence.disarm(),
      onCutIn: (arrivedAt) => this.floor.callerSpeaks(arrivedAt),
      onSpeechStopped: () => {
        if (!this.runner.active) this.patience.begin(parts.clock.now() - config.endpointSilenceMs);
      },
      onTurn: (turn) => this.submit(turn),
      onNothing: () => this.onNothing(),
    });
    this.expectation = new SpeechExpectation(state, this, parts.supervisor, (message) => parts.log('error', message));
    this.floor = new FloorControl(parts.clock, parts.config, this.runner, () => this.caller.busy);
    this.silence = new SilenceWatch(parts.clock, (step) => this.submit(remarkOnSilence(state, step)));
    this.patience = new PatienceWatch(
      parts.clock,
      config.fillerAfterMs,
      () => this.runner.audible || this.runner.held || this.caller.speaking,
      (times) => this.fillSilence(times),
    );
    this.dtmf = new DtmfCollector(parts.clock, (digits) => {
      state.digits = '';
      this.submit({ id: state.nextTurnId(), source: 'dtmf', text: digits, rejected: false, interruptible: true });
    });
    this.ending = new CallEnding({
      ...parts,
      sessionId: state.sessionId,
      onTransferring: () => this.patience.begin(),
      onTransferFailed: () => this.submit(regretOf(state)),
    });
  }

  get turnsSoFar(): number {
    return this.parts.state.turns;
  }

  /** What it has come to so far. */
  get result(): CallResult {
    const { turns, answered } = this.parts.state;
    return { turns, answered, fellSilent: this.fellSilent, transfer: this.ending.transferred };
  }

  get generationState(): GenerationState {
    return this.runner.state;
  }

  /** Makes the recogniser ready for what the agent expects to hear. */
  prepare(hints: SpeechHints): Promise<void> {
    const bias = this.parts.bias();
    return this.caller.prepare(bias.length > 0 ? { ...hints, bias } : hints);
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
    void this.parts.supervisor.spawn('speaking', (signal) => this.runner.voice.run(signal), { lifetime: true });
    const { state, config } = this.parts;
    if (resumed) this.dtmf.restore(state.digits);
    const opening = resumed ? reunionOf(state, config.greeting) : greetingOf(state, config.greeting);
    if (!opening) return this.silence.arm(state.agent.noInput);
    this.submit(opening);
    this.patience.begin(since);
  }

  /** The recogniser is ready; audio that came before waits. Idempotent. */
  listen(): void {
    if (!this.over) this.caller.listen();
  }

  /** What is being said at the moment. */
  get speaking(): PartlyHeard | undefined {
    return this.runner.speaking;
  }

  pushAudio(pcm: Int16Array): void {
    this.caller.push(pcm);
  }

  pushText(text: string): void {
    const id = this.parts.state.nextTurnId();
    this.submit({ id, source: 'text', text, rejected: false, interruptible: true });
  }

  pushDtmf(digit: string): void {
    const { state } = this.parts;
    this.parts.onActivity();
    this.silence.disarm();
    this.dtmf.press(digit, state.expectedDigits);
    state.digits = this.dtmf.pressed;
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
    this.runner.voice.report(generationId, playedMs);
  }

  /** Falls silent at once: no timer runs any more, and nothing new begins. */
  end(kind: AbortKind): void {
    this.over = true;
    this.silence.disarm();
    this.patience.end();
    this.dtmf.close();
    this.floor.close();
    this.caller.tellGaps();
    this.runner.interrupt(kind, false);
  }

  /** Stops listening; the recogniser's stream may go back. Also before `begin`. */
  close(): void {
    this.over = true;
    this.patience.end();
    this.caller.close();
    this.runner.close();
  }

  private onNothing(): void {
    this.floor.callerSaidNothing();
    if (!this.runner.active) this.patience.end();
    this.awaitCaller();
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
    const filler = this.over ? undefined : fillerOf(this.parts.state, times);
    if (!filler) return;
    if (this.runner.active) this.runner.fill(filler.text);
    else this.submit(filler);
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
      if (turn.source === 'no_input' && (this.turns.depth > 0 || this.caller.busy)) continue;
      this.silence.disarm();
      this.runner.begin(turn);
    }
  }

  private onGenerationComplete(generation: Generation, outcome: GenerationOutcome): void {
    this.parts.state.answered = generation.hasAnswered ?? this.parts.state.answered;
    this.parts.onGenerationComplete(generation, outcome);
    if (this.over) return;
    if (this.turns.depth === 0 && !this.caller.busy) this.patience.end();
    this.expectation.update();
    this.parts.onActivity();
    // A caller who says something into the goodbye is not hung up on.
    if (generation.finalAction && this.turns.depth === 0) {
      this.fellSilent = generation.turn.source === 'no_input';
      return this.ending.begin(generation.finalAction);
    }
    this.awaitCaller();
  }

  /** It is the caller's turn, unless something is going on. */
  private awaitCaller(): void {
    if (this.runner.active || this.turns.depth > 0 || this.caller.busy || this.dtmf.busy) return;
    this.silence.arm(this.parts.state.agent.noInput);
  }
}
