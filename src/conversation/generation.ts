import type { Agent } from '../agents/agent.js';
import { type AbortKind, Aborted, childController } from '../kernel/abort.js';
import type { Clock } from '../kernel/clock.js';
import type { GenerationOutcome } from './generation-tracker.js';
import type { GenerationMetrics } from './session-events.js';
import type { TurnTrace } from './turn-trace.js';
import { SpokenTimeline } from './spoken-timeline.js';
import { type FinalAction, type Turn, isCallerTurn } from './turn.js';

/** One answer of the agent while it is being made and spoken. */
export class Generation {
  readonly timeline = new SpokenTimeline();
  /** Resolves when nothing of it runs any more; only then may the next one begin. */
  readonly settled: Promise<void>;
  /** Sentences handed to the synthesiser so far. */
  sentences = 0;
  usedTools = false;
  /** What happens once it has been heard. */
  finalAction: FinalAction | undefined;
  private messages = 0;
  private firstTokenAt: number | undefined;
  private firstSentenceAt: number | undefined;
  private firstAudioAt: number | undefined;
  private firstFrameAt: number | undefined;
  private answeredAt: number | undefined;
  /** Messages that answer nothing. */
  private readonly asides = new Set<string>();
  private bargeInStopMs: number | undefined;
  /** Clock time. */
  readonly startedAt: number;
  /** Undefined while it lasts. */
  outcome: GenerationOutcome | undefined;
  private readonly controller: AbortController;
  private resolveSettled: () => void = () => undefined;
  private gate: { readonly open: Promise<void>; readonly release: () => void } | undefined;

  constructor(
    readonly id: string,
    readonly turn: Turn,
    /** The agent it began with; a handoff may change the session's. */
    readonly agent: Agent,
    session: AbortSignal,
    private readonly clock: Clock,
    readonly trace: TurnTrace,
  ) {
    this.controller = childController(session);
    this.startedAt = clock.now();
    this.finalAction = turn.finalAction;
    this.settled = new Promise((resolve) => (this.resolveSettled = resolve));
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get interruptible(): boolean {
    return this.turn.interruptible;
  }

  nextMessageId(): string {
    return `${this.id}_m${++this.messages}`;
  }

  /** Of a message that answers nothing: a word to a caller who waits, an apology. No measure of an answer counts it. */
  nextAsideId(): string {
    const id = this.nextMessageId();
    this.asides.add(id);
    return id;
  }

  abort(kind: AbortKind): void {
    this.controller.abort(new Aborted(kind));
    this.release();
  }

  /** Nothing of it runs any more: it lets go of the session's signal. */
  settle(): void {
    this.abort('completed');
    this.resolveSettled();
  }

  /** Keeps it from starting tools or further requests, while it is not clear whether the caller cut in. */
  hold(): void {
    if (this.gate) return;
    let release: () => void = () => undefined;
    const open = new Promise<void>((resolve) => (release = resolve));
    this.gate = { open, release };
  }

  release(): void {
    this.gate?.release();
    this.gate = undefined;
  }

  /** Waits while it is held; throws the signal's reason if it was interrupted. */
  async whenReleased(): Promise<void> {
    await this.gate?.open;
    this.signal.throwIfAborted();
  }

  /** Of the model: what agents say on their own account has none. */
  noteToken(): void {
    this.firstTokenAt ??= this.clock.now();
  }

  /** What the model has said so far is not said: it begins anew. */
  forgetToken(): void {
    if (!this.hasSpoken) this.firstTokenAt = undefined;
  }

  /** Whether anything was said in answer to the turn, or is about to be. */
  get hasSpoken(): boolean {
    return this.firstSentenceAt !== undefined;
  }

  noteSentence(messageId: string): void {
    if (!this.asides.has(messageId)) this.firstSentenceAt ??= this.clock.now();
  }

  noteAudio(messageId: string): void {
    if (!this.asides.has(messageId)) this.firstAudioAt ??= this.clock.now();
  }

  /** Audio of the message leaves. */
  noteAudible(messageId: string): void {
    const now = this.clock.now();
    this.firstFrameAt ??= now;
    if (!this.asides.has(messageId)) this.answeredAt ??= now;
  }

  /** @param arrivedAt of the caller's first loud frame. */
  noteBargeIn(arrivedAt: number): void {
    this.bargeInStopMs ??= this.clock.now() - arrivedAt;
    this.trace.held();
  }

  /** Clock time of its first frame on the wire; undefined if nothing was heard of it. */
  get heardAt(): number | undefined {
    return this.firstFrameAt;
  }

  /** Whether the caller has got an answer to something that was understood; undefined where it was not about that. */
  get hasAnswered(): boolean | undefined {
    const { turn, outcome } = this;
    // A reconnect without words of its own answers what was asked before.
    if (!isCallerTurn(turn) && !(turn.source === 'reconnect' && turn.text === '')) return undefined;
    if (outcome === 'failed') return false;
    const isDone = this.answeredAt !== undefined || (this.finalAction !== undefined && outcome === 'completed');
    return isDone && !turn.rejected ? true : undefined;
  }

  get metrics(): GenerationMetrics {
    const timing = this.turn.timing;
    return definedOnly({
      endpointing_ms: between(timing?.speechEndedAt, timing?.endpointedAt),
      stt_final_ms: between(timing?.endpointedAt, timing?.finalAt),
      llm_first_token_ms: between(this.startedAt, this.firstTokenAt),
      llm_first_sentence_ms: between(this.firstTokenAt, this.firstSentenceAt),
      tts_first_byte_ms: between(this.firstSentenceAt, this.firstAudioAt),
      voice_to_voice_ms: between(timing?.speechEndedAt, this.answeredAt),
      barge_in_stop_ms: this.bargeInStopMs,
    });
  }
}

function between(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : Math.max(0, to - from);
}

function definedOnly(metrics: { [K in keyof GenerationMetrics]: number | undefined }): GenerationMetrics {
  return Object.fromEntries(
    Object.entries(metrics)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, Math.round(value * 10) / 10]),
  );
}
