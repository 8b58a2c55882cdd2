import type { AgentSet } from '../agents/agent-set.js';
import type { ConversationConfig } from '../config/conversation.config.js';
import type { EventBus } from '../events/event-bus.js';
import type { AbortKind } from '../kernel/abort.js';
import type { Clock } from '../kernel/clock.js';
import { ParleyError, messageOf } from '../kernel/errors.js';
import type { TaskSupervisor } from '../kernel/task-supervisor.js';
import type { LlmClient } from '../llm/llm-client.js';
import type { TtsVoice } from '../speech/tts-voice.js';
import type { ToolRegistry } from '../tools/tool-registry.js';
import { AgentVoice } from './agent-voice.js';
import type { CallTransport } from './call-transport.js';
import type { ConversationState, PartlyHeard } from './conversation-state.js';
import type { Speaking } from './floor-control.js';
import type { CallTrace } from './call-trace.js';
import { Generation } from './generation.js';
import { type GenerationOutcome, type GenerationState, GenerationTracker } from './generation-tracker.js';
import { Responder } from './responder.js';
import { fallbackFor } from './spoken-fallback.js';
import { isInterruption } from './turn-trace.js';
import { type Turn, isCallerTurn } from './turn.js';

export interface GenerationRunnerParts {
  readonly state: ConversationState;
  readonly transport: CallTransport;
  readonly voice: TtsVoice;
  readonly clock: Clock;
  readonly config: ConversationConfig;
  readonly llm: LlmClient;
  readonly tools: ToolRegistry;
  readonly catalog: AgentSet;
  readonly supervisor: TaskSupervisor;
  readonly trace: CallTrace;
  readonly events: EventBus;
  /** Ends with the session. */
  readonly session: AbortSignal;
  log(level: 'info' | 'warn' | 'error', message: string): void;
  /** Clock time by which a caller who waits is to hear something; undefined when nobody waits. */
  audibleBy(): number | undefined;
  /** The model has said all it has to say to the turn; it is not heard yet. */
  onAnswered(): void;
  /** The caller has heard one more sentence. */
  onHeard(): void;
  /** Nothing of the generation runs any more; the history has what was heard of it. */
  onSettled(generation: Generation): void;
  /** The generation is over and heard (or cut off). */
  onComplete(generation: Generation, outcome: GenerationOutcome): void;
}

/** Makes and speaks one generation at a time, and can be stopped at any point of it. */
export class GenerationRunner implements Speaking {
  /** Its `run` is the session's task `speaking`. */
  readonly voice: AgentVoice;
  private readonly tracker: GenerationTracker;
  private readonly responder: Responder;
  private current: Generation | undefined;
  private heard: ReadonlyMap<string, string> | undefined;
  private failure: ParleyError | undefined;
  private taskRunning = false;

  constructor(private readonly parts: GenerationRunnerParts) {
    const { clock, config, transport, state, llm, tools, catalog, session } = parts;
    this.tracker = new GenerationTracker((_, outcome) => this.complete(outcome), state.generations);
    this.voice = new AgentVoice({
      voice: parts.voice,
      transport,
      tracker: this.tracker,
      clock,
      config,
      audibleBy: () => parts.audibleBy(),
      onAudible: (messageId) => this.current?.noteAudible(messageId),
      onHeard: () => parts.onHeard(),
      onError: (generation, error) => this.onSpeechError(generation, error),
    });
    this.responder = new Responder(
      state,
      llm,
      tools,
      catalog,
      clock,
      config,
      {
        // A tool may end after the session has.
        event: (event) => {
          if (!session.aborted) transport.send(event);
          if (event.type === 'handoff')
            parts.events.emit('agent.changed', { sessionId: state.sessionId, to: event.to, kind: event.kind });
        },
        sentence: (generation, messageId, text) => this.say(generation, messageId, text),
      },
      session,
    );
  }

  get state(): GenerationState {
    return this.tracker.state;
  }

  get active(): boolean {
    return this.tracker.active;
  }

  get audible(): boolean {
    return this.active && !this.voice.held && this.voice.audible;
  }

  get interruptible(): boolean {
    return this.current?.interruptible ?? true;
  }

  get held(): boolean {
    return this.voice.held;
  }

  /** What is being said; undefined when the history tells all. */
  get speaking(): PartlyHeard | undefined {
    const generation = this.current;
    if (!generation) return undefined;
    if (this.heard) return { generationId: generation.id, heard: this.heard };
    if (!this.tracker.isCurrent(generation.id)) return undefined;
    return { generationId: generation.id, heard: generation.timeline.heard(this.voice.heardMs).byMessage };
  }

  /** Resolves when the next generation may begin. */
  get settled(): Promise<void> {
    return this.current?.settled ?? Promise.resolve();
  }

  /** The one before must have settled. */
  begin(turn: Turn): void {
    const { state, transport, supervisor, clock, session, trace } = this.parts;
    const id = this.tracker.begin();
    state.generations++;
    state.unsaid = '';
    const turnTrace = trace.turn(id, turn, state.agent.name, clock.now());
    const generation = new Generation(id, turn, state.agent, session, clock, turnTrace);
    this.current = generation;
    this.heard = this.failure = undefined;
    this.voice.begin(id);
    transport.send({ type: 'generation_started', generation_id: id, turn_id: turn.id, agent: state.agent.name });
    this.taskRunning = true;
    void supervisor
      .spawn(id, () => generation.trace.run(() => this.answer(generation)))
      .then(() => {
        this.taskRunning = false;
        // Whatever went wrong in it, the generation ends with what was said so far.
        if (this.tracker.state === 'PROCESSING_LLM') {
          this.failure ??= new ParleyError('internal', 'The answer broke off');
          this.answered(generation);
        }
        this.settleWhenDone();
      });
  }

  /**
   * Ends what is being made and said: model, synthesis and interruptible tools are aborted, the queues and the client's
   * buffer cleared, the history cut to what was heard. Returns the generation's id, null if there was none.
   */
  interrupt(kind: AbortKind, clearClient: boolean): string | null {
    const generation = this.current;
    if (!generation || !this.tracker.isCurrent(generation.id)) return null;
    const { heardMs } = this.voice;
    this.heard = generation.timeline.heard(heardMs).byMessage;
    generation.abort(kind);
    if (isInterruption(kind)) {
      generation.trace.bargeIn(heardMs, generation.metrics.barge_in_stop_ms);
      this.tellSilenced('interrupted');
    }
    this.voice.cut(generation, heardMs, clearClient);
    this.tracker.end(generation.id, 'interrupted');
    return generation.id;
  }

  hold(arrivedAt: number): void {
    const generation = this.current;
    if (!generation || this.held || !this.active) return;
    generation.hold();
    this.voice.hold(generation);
    generation.noteBargeIn(arrivedAt);
  }

  resume(): void {
    if (!this.held) return;
    this.current?.release();
    this.current?.trace.released();
    this.tellSilenced('resumed');
    this.voice.resume();
  }

  close(): void {
    this.voice.close();
  }

  /** Something to hear while the answer takes its time. It is not part of what was said: the history does not have it. */
  fill(text: string): void {
    const generation = this.current;
    if (!generation || this.tracker.state !== 'PROCESSING_LLM') return;
    // It would be heard after what the caller waits for.
    if (this.voice.busy) return;
    const { transport, state } = this.parts;
    const ids = { generation_id: generation.id, message_id: generation.nextAsideId() };
    transport.send({ type: 'text_stream_start', ...ids, agent: state.agent.name });
    transport.send({ type: 'text_chunk', ...ids, text });
    transport.send({ type: 'text_stream_stop', ...ids, text });
    this.say(generation, ids.message_id, text, true);
  }

  private tellSilenced(outcome: 'interrupted' | 'resumed'): void {
    const { events, state } = this.parts;
    events.emit('agent.silenced', { sessionId: state.sessionId, outcome });
  }

  /** The task of a generation. */
  private async answer(generation: Generation): Promise<void> {
    const { turn } = generation;
    const { history } = this.parts.state;
    try {
      if (isCallerTurn(turn)) history.addUser(turn.text, turn.rejected);
      if (turn.source === 'filler') this.fill(turn.text);
      else if (isCallerTurn(turn) || turn.text === '') await this.responder.respond(generation);
      else this.responder.say(generation, turn.text);
    } catch (error) {
      if (generation.signal.aborted) throw error;
      this.fail(error);
      this.responder.apologise(generation, this.parts.state.render(fallbackFor(error, this.parts.state.agent)));
    }
    this.answered(generation);
  }

  private answered(generation: Generation): void {
    this.parts.onAnswered();
    this.tracker.llmDone(generation.id, generation.sentences);
    this.voice.allSaid(generation.id);
  }

  private say(generation: Generation, messageId: string, text: string, isFiller = false): void {
    if (!this.tracker.isCurrent(generation.id)) return;
    generation.noteSentence(messageId);
    this.voice.say({
      generation,
      index: generation.sentences++,
      messageId,
      text,
      voice: this.parts.state.agent.voice,
      cacheable: isFiller || !isCallerTurn(generation.turn),
    });
  }

  private onSpeechError(generation: Generation, error: unknown): void {
    this.parts.log('warn', `Synthesis: ${messageOf(error)}`);
    if (!this.tracker.isCurrent(generation.id) || this.failure) return;
    this.fail(error instanceof ParleyError ? error : new ParleyError('tts_failed', messageOf(error), true));
  }

  private fail(error: unknown): void {
    this.failure = error instanceof ParleyError ? error : new ParleyError('internal', messageOf(error));
    const { code, retryable } = this.failure;
    this.parts.log('warn', `Answer failed: ${messageOf(error)}`);
    this.parts.transport.send({ type: 'error', code, message: 'The answer could not be completed', retryable });
  }

  private complete(reached: GenerationOutcome): void {
    const generation = this.current;
    if (!generation) return;
    if (reached !== 'interrupted') this.voice.end(generation.id);
    const outcome = reached === 'completed' && this.failure ? 'failed' : reached;
    generation.outcome = outcome;
    const { metrics, signal } = generation;
    generation.trace.end(outcome, metrics, signal.reason, this.failure);
    this.parts.transport.send({
      type: 'generation_complete',
      generation_id: generation.id,
      outcome,
      metrics,
    });
    this.parts.onComplete(generation, outcome);
    this.settleWhenDone();
  }

  private settleWhenDone(): void {
    const generation = this.current;
    if (!generation || this.taskRunning || this.tracker.active) return;
    const { state } = this.parts;
    const { heard } = this;
    this.heard = undefined;
    if (heard) state.unsaid = state.history.truncate(generation.id, heard);
    this.parts.onSettled(generation);
    generation.settle();
  }
}
