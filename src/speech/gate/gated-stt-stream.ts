import type { Clock, Timer } from '../../kernel/clock.js';
import { messageOf } from '../../kernel/errors.js';
import { EnergyVad } from '../drivers/energy/energy-vad.js';
import type { VoiceActivityDetector } from '../voice-activity.js';
import type { AudioPiece } from './audio-pieces.js';
import type { GateMode } from './gate-mode.js';
import { Judge } from './judge.js';
import { Passage, type PassageEnd } from './passage.js';
import { SpeechGate, type SpeechGateOptions } from './speech-gate.js';
import { type FeedEvents, type Span, UtteranceFeed } from './utterance-feed.js';
import type { UtteranceStreams } from './utterance-streams.js';

export interface GatedSttOptions extends SpeechGateOptions {
  readonly mode: GateMode;
  readonly preRollMs: number;
  /** Hz, mono, of what is written. */
  readonly sampleRate: number;
}

export interface GatedSttEvents extends FeedEvents {
  speaking(speaking: boolean, atMs: number): void;
  /** The detector is of no use: from now on nobody knows what is speech, and everything is sent. Once. */
  failedOpen(reason: string): void;
  /** Audio was judged. */
  judged(): void;
}

/** How far times may be off audio that follows what came before it: rounding. */
const JITTER_MS = 10;
/** A wider gap ends the utterance. */
const LONGEST_FILLED_MS = 200;
/** Who sends nothing for so long in the middle of speech does not send silence: the speaker has stopped. */
const STARVED_MS = 2000;
/** Of the energy detector: louder than the line's own noise. */
const LOUD = 0.5;

/**
 * The gate before any recogniser: continuous audio goes in, and what is speech comes to the recognisers, an utterance for
 * each stretch of it. What they say comes out in the time of the leg.
 */
export class GatedSttStream {
  private readonly feed: UtteranceFeed;
  private passage: Passage;
  private judge: Judge | undefined;
  private shadow: Judge | undefined;
  private speechMs = 0;
  private shadowMs = 0;
  /** Where audio belongs that follows directly. */
  private nextMs: number | undefined;
  private hasFailedOpen = false;
  private isFinished = false;
  private lastJudgement: Timer | undefined;
  private starvation: Timer | undefined;
  private lastWriteAt = 0;
  /** What was held back is on its way: nothing may overtake it. */
  private isHandingOver = false;
  private isClosed = false;

  constructor(
    private readonly options: GatedSttOptions,
    private readonly streams: UtteranceStreams,
    private readonly detector: VoiceActivityDetector,
    private readonly clock: Clock,
    private readonly events: GatedSttEvents,
  ) {
    this.feed = new UtteranceFeed(streams, options.sampleRate, events);
    this.passage = options.mode === 'active' ? this.gated(this.throughFeed()) : this.open();
    // Whoever fails at once has been replaced by then.
    const judge = this.listenTo(options.mode === 'active' ? this.detector : new EnergyVad(), this.passage);
    this.judge ??= judge;
    if (options.mode === 'shadow') this.shadow = this.openShadow();
  }

  /** The mode now. */
  get mode(): GateMode {
    return this.hasFailedOpen ? 'off' : this.options.mode;
  }

  get failedOpen(): boolean {
    return this.hasFailedOpen;
  }

  /** Audio that waits for the detector. */
  get heldMs(): number {
    return this.judge?.heldMs ?? 0;
  }

  /** Whether `write` may be called now: not while something older is still on its way. */
  get takes(): boolean {
    return !this.isHandingOver;
  }

  /** What was sent, what of it is speech, and what the shadow would have sent. */
  get totals(): { readonly sentMs: number; readonly speechMs: number; readonly wouldSendMs: number } {
    return { sentMs: this.feed.sentMs, speechMs: this.speechMs, wouldSendMs: this.shadowMs };
  }

  /** Everything is judged, sent, and understood or failed. Only after `finish`. */
  get isDone(): boolean {
    return this.isFinished && this.lastJudgement === undefined && this.underWay.length === 0;
  }

  /** What is neither understood nor has failed. */
  get underWay(): Span[] {
    return this.feed.underWay;
  }

  /** See `LegTranscriber.write`. Keeps `pcm` itself. */
  write(pcm: Int16Array, atMs: number): void {
    if (this.isClosed || this.isFinished || pcm.length === 0) return;
    const expectedMs = this.nextMs ?? atMs;
    const jumpMs = atMs - expectedMs;
    if (jumpMs <= JITTER_MS) return this.accept(pcm, expectedMs, this.nextMs === undefined);
    if (jumpMs > LONGEST_FILLED_MS) return this.accept(pcm, atMs, true);
    this.accept(new Int16Array(Math.round((jumpMs * this.options.sampleRate) / 1000)), expectedMs, false);
    this.accept(pcm, this.nextMs!, false);
  }

  /** No more audio comes: what is there is judged, `withinMs` or not at all, sent and understood. */
  finish(withinMs: number): void {
    if (this.isClosed || this.isFinished) return;
    this.isFinished = true;
    this.lastJudgement = this.clock.setTimeout(
      () => this.failOpen('the end of the audio was not judged in time'),
      withinMs,
    );
    this.judge?.flush();
    this.shadow?.flush();
    this.endWhenJudged();
  }

  /** Idempotent. Nothing is told afterwards. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.lastJudgement?.cancel();
    this.starvation?.cancel();
    this.judge?.close();
    this.shadow?.close();
    this.streams.close();
  }

  private accept(pcm: Int16Array, startMs: number, breaks: boolean): void {
    const piece: AudioPiece = { pcm, startMs, breaks };
    this.lastWriteAt = this.clock.now();
    this.nextMs = startMs + (pcm.length * 1000) / this.options.sampleRate;
    this.shadow?.write(piece);
    this.judge?.write(piece);
  }

  private gated(end: PassageEnd): Passage {
    const { sampleRate, preRollMs } = this.options;
    return new Passage(new SpeechGate(this.options), { sampleRate, preRollMs, passesAll: false }, end);
  }

  /** @param before the one that it takes over from. */
  private open(before?: Passage): Passage {
    const { sampleRate } = this.options;
    const gate = new SpeechGate({ ...this.options, threshold: LOUD });
    return new Passage(gate, { sampleRate, preRollMs: 0, passesAll: true }, this.throughFeed(), before);
  }

  private throughFeed(): PassageEnd {
    const { feed, streams, events, options } = this;
    return {
      get isOpen() {
        return feed.isOpen;
      },
      pass: (piece, isSpeech) => feed.pass(piece, isSpeech),
      finalise: () => feed.finalise(),
      rest: () => streams.rest(),
      heard: (durationMs) => {
        if (options.mode !== 'shadow') this.speechMs += durationMs;
      },
      speaking: (speaking, atMs) => events.speaking(speaking, atMs),
    };
  }

  /** Everything it passes is only counted. */
  private openShadow(): Judge | undefined {
    let isOpen = false;
    const passage = this.gated({
      get isOpen() {
        return isOpen;
      },
      pass: ({ pcm }) => {
        isOpen = true;
        this.shadowMs += (pcm.length * 1000) / this.options.sampleRate;
      },
      finalise: () => (isOpen = false),
      rest: () => undefined,
      heard: (durationMs) => (this.speechMs += durationMs),
      speaking: () => undefined,
    });
    return this.listenTo(this.detector, passage);
  }

  private listenTo(detector: VoiceActivityDetector, passage: Passage): Judge | undefined {
    const { sampleRate } = this.options;
    try {
      return new Judge(detector, sampleRate, this.clock, {
        judged: (probability, pieces) => {
          if (this.isClosed) return;
          passage.push(probability, pieces);
          this.watchLine();
          this.endWhenJudged();
          this.events.judged();
        },
        failed: (reason) => this.failOpen(reason),
      });
    } catch (error) {
      this.failOpen(messageOf(error));
      return undefined;
    }
  }

  /** What was held back is sent, and all that follows: too much is better than too little. */
  private failOpen(reason: string): void {
    if (this.isClosed || this.hasFailedOpen) return;
    this.hasFailedOpen = true;
    const { mode } = this.options;
    const kept = mode === 'active' ? [...this.passage.close(), ...(this.judge?.close() ?? [])] : [];
    this.shadow?.close();
    this.shadow = undefined;
    this.events.failedOpen(reason);
    if (mode !== 'active') return this.endWhenJudged();
    this.passage = this.open(this.passage);
    this.judge = this.listenTo(new EnergyVad(), this.passage);
    this.isHandingOver = true;
    for (const piece of kept) this.judge?.write(piece);
    this.isHandingOver = false;
    if (this.isFinished) this.judge?.flush();
    this.endWhenJudged();
    if (kept.length > 0) this.events.judged();
  }

  private watchLine(): void {
    if (this.isClosed || this.isFinished || !this.feed.isOpen) return;
    this.starvation ??= this.clock.setTimeout(
      () => {
        this.starvation = undefined;
        if (this.clock.now() - this.lastWriteAt >= STARVED_MS) this.passage.interrupt();
        this.watchLine();
      },
      this.lastWriteAt + STARVED_MS - this.clock.now(),
    );
  }

  private endWhenJudged(): void {
    if (!this.lastJudgement || this.isHandingOver || this.heldMs > 0) return;
    this.lastJudgement.cancel();
    this.lastJudgement = undefined;
    this.passage.interrupt();
  }
}
