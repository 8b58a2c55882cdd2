import type { ParleyError } from '../../kernel/errors.js';
import type { SttResult } from '../stt-stream.js';
import type { AudioPiece } from './audio-pieces.js';
import { TimeMap } from './time-map.js';
import type { RunningUtterance, UtteranceStreams } from './utterance-streams.js';

/** ms on the leg's time line. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

export interface HeardUtterance {
  readonly result: SttResult;
  /** See `LegSegment.epoch`. */
  readonly epoch: number;
  /** From the first to the last speech in it, as the gate heard it; all of it when there was none. */
  readonly speech: Span;
  /** Where on the leg's time line something begins that begins at `ms` of the recogniser's time for this utterance. */
  startOf(ms: number): number;
  endOf(ms: number): number;
}

export interface FeedEvents {
  begun(): void;
  partial(text: string, startMs: number): void;
  final(heard: HeardUtterance): void;
  failed(span: Span, error: ParleyError): void;
}

/** An utterance that is longer is understood in parts. */
const MAX_UTTERANCE_MS = 30_000;
/** After so much more of an utterance that has failed the recogniser is tried again. */
const RETRY_AFTER_MS = 2000;

/**
 * Makes utterances of what is let through, and knows where each sample of them belongs: the recognisers' clock, all
 * utterances one after the other, runs only while audio is sent.
 */
export class UtteranceFeed {
  private readonly times = new TimeMap();
  private readonly unanswered = new Set<Utterance>();
  private current: Utterance | undefined;
  /** The utterance was cut in the middle: what follows is the next one, whatever it is. */
  private isCut = false;
  private totalMs = 0;

  /** @param sampleRate Hz, of what is sent. */
  constructor(
    private readonly streams: UtteranceStreams,
    private readonly sampleRate: number,
    private readonly events: FeedEvents,
  ) {}

  /** An utterance is under way, or was cut. */
  get isOpen(): boolean {
    return this.current !== undefined || this.isCut;
  }

  /** Of all utterances together. */
  get sentMs(): number {
    return this.totalMs;
  }

  /** What is neither understood nor has failed. */
  get underWay(): Span[] {
    return [...this.unanswered].map(({ startMs, endMs }) => ({ startMs, endMs }));
  }

  pass({ pcm, startMs }: AudioPiece, isSpeech: boolean): void {
    this.times.add(this.totalMs, startMs);
    const utterance = this.current ?? this.begin(startMs);
    const durationMs = (pcm.length * 1000) / this.sampleRate;
    this.totalMs += durationMs;
    utterance.untilMs = this.totalMs;
    utterance.endMs = startMs + durationMs;
    if (isSpeech) utterance.speech = { startMs: utterance.speech?.startMs ?? startMs, endMs: utterance.endMs };
    utterance.stream?.write(pcm);
    if (utterance.untilMs - (utterance.failedAtMs ?? Infinity) >= RETRY_AFTER_MS) this.cut();
    if (utterance.untilMs - utterance.fromMs >= MAX_UTTERANCE_MS) this.cut();
  }

  /** What was passed is an utterance. */
  finalise(): void {
    this.isCut = false;
    const utterance = this.current;
    if (!utterance) return;
    this.current = undefined;
    utterance.isEnded = true;
    if (utterance.error) this.fail(utterance, utterance.error);
    else utterance.stream?.finish();
  }

  private cut(): void {
    this.finalise();
    this.isCut = true;
  }

  private begin(startMs: number): Utterance {
    this.isCut = false;
    const utterance: Utterance = { fromMs: this.totalMs, untilMs: this.totalMs, startMs, endMs: startMs };
    this.current = utterance;
    this.unanswered.add(utterance);
    this.events.begun();
    utterance.stream = this.streams.begin({
      partial: (text) => this.events.partial(text, utterance.speech?.startMs ?? startMs),
      final: (result, epoch, delayMs) => this.understand(utterance, result, epoch, delayMs),
      failed: (error) => this.fail(utterance, error),
    });
    return utterance;
  }

  /** Also when the recogniser has found by itself that the utterance is over: what goes on is the next one. */
  private understand(utterance: Utterance, result: SttResult, epoch: number, delayMs: number): void {
    if (this.current === utterance) this.current = undefined;
    this.unanswered.delete(utterance);
    const { fromMs, untilMs, startMs, endMs, speech } = utterance;
    const sentAt = (ms: number): number => Math.min(Math.max(fromMs + ms - delayMs, fromMs), untilMs);
    const endOf = (ms: number): number => Math.max(this.times.endOf(sentAt(ms)), startMs);
    this.events.final({
      result,
      epoch,
      speech: speech ?? { startMs, endMs },
      startOf: (ms) => (sentAt(ms) < untilMs ? this.times.startOf(sentAt(ms)) : endOf(ms)),
      endOf,
    });
  }

  /** The stretch is known when the utterance is over. */
  private fail(utterance: Utterance, error: ParleyError): void {
    utterance.error = error;
    utterance.failedAtMs ??= utterance.untilMs;
    if (!utterance.isEnded) return;
    this.unanswered.delete(utterance);
    this.events.failed({ startMs: utterance.startMs, endMs: utterance.endMs }, error);
  }
}

interface Utterance {
  /** Of the time of all that was sent. */
  readonly fromMs: number;
  untilMs: number;
  /** On the leg's time line. */
  readonly startMs: number;
  endMs: number;
  speech?: Span;
  stream?: RunningUtterance;
  isEnded?: boolean;
  error?: ParleyError;
  failedAtMs?: number;
}
