import { Resampler } from '../../audio/resampler.js';
import type { Clock, Timer } from '../../kernel/clock.js';
import { messageOf } from '../../kernel/errors.js';
import type { VadStream, VoiceActivityDetector } from '../voice-activity.js';
import { type AudioPiece, AudioPieces } from './audio-pieces.js';

export interface JudgeEvents {
  /** The pieces of one window; none for a window that `flush` has filled up. */
  judged(probability: number, pieces: readonly AudioPiece[]): void;
  /** The detector has failed, talks nonsense, does not answer or cannot keep up. Once, and nothing is judged afterwards. */
  failed(reason: string): void;
}

/** A detector that has not answered for so long, or has been behind for so long, is of no use any more. */
const LATE_MS = 3000;
/** It is behind when so much audio waits for it. */
const BEHIND_MS = 1000;
/** Less than this may be no full window, which nobody answers. */
const LONGEST_WINDOW_MS = 40;
/** After a stall of the event loop the answers are there, but have not been read. */
const GRACE_MS = 250;

/** Holds audio back until a detector has judged it. */
export class Judge {
  private readonly held: AudioPieces;
  private readonly stream: VadStream;
  private readonly toDetector: Resampler | undefined;
  private judgedSamples = 0;
  private lastEndMs = 0;
  /** Clock times; undefined while it is not so. */
  private waitingSince: number | undefined;
  private behindSince: number | undefined;
  private watch: Timer | undefined;
  private isSuspect = false;
  private isOver = false;

  /** @param sampleRate Hz, of the audio. Throws what the detector throws when it cannot be opened. */
  constructor(
    detector: VoiceActivityDetector,
    private readonly sampleRate: number,
    private readonly clock: Clock,
    private readonly events: JudgeEvents,
  ) {
    const rate = sampleRate === 8000 ? 8000 : 16_000;
    this.held = new AudioPieces(sampleRate);
    this.toDetector = sampleRate === rate ? undefined : new Resampler(sampleRate, rate);
    this.stream = detector.open(rate, (probability, endMs) => this.onWindow(probability, endMs));
  }

  /** Of what waits for it. */
  get heldMs(): number {
    return this.held.durationMs;
  }

  write(piece: AudioPiece): void {
    if (this.isOver) return;
    this.held.push(piece);
    this.note();
    this.give(piece.pcm);
  }

  /** No more audio comes: what does not fill a window is judged as well. */
  flush(): void {
    if (!this.isOver) this.give(new Int16Array(Math.ceil((this.sampleRate * LONGEST_WINDOW_MS) / 1000)));
  }

  /** Ends it, and returns what it has not judged. Idempotent. */
  close(): AudioPiece[] {
    if (!this.isOver) {
      this.isOver = true;
      this.watch?.cancel();
      this.stream.close();
    }
    return this.held.take();
  }

  private give(pcm: Int16Array): void {
    try {
      this.stream.write(this.toDetector ? this.toDetector.process(pcm) : pcm);
    } catch (error) {
      this.fail(messageOf(error));
    }
  }

  private onWindow(probability: number, endMs: number): void {
    if (this.isOver) return;
    if (!(probability >= 0 && probability <= 1) || !(endMs > this.lastEndMs))
      return this.fail(`a probability of ${probability} at ${endMs} ms`);
    this.lastEndMs = endMs;
    const pieces = this.held.take(Math.round((endMs * this.sampleRate) / 1000) - this.judgedSamples);
    for (const { pcm } of pieces) this.judgedSamples += pcm.length;
    this.waitingSince = undefined;
    this.note();
    this.events.judged(probability, pieces);
  }

  private note(): void {
    const now = this.clock.now();
    const { heldMs } = this;
    this.waitingSince = heldMs > LONGEST_WINDOW_MS ? (this.waitingSince ?? now) : undefined;
    this.behindSince = heldMs > BEHIND_MS ? (this.behindSince ?? now) : undefined;
    if (this.waitingSince !== undefined) this.watch ??= this.clock.setTimeout(() => this.check(), LATE_MS);
  }

  private check(): void {
    this.watch = undefined;
    const now = this.clock.now();
    const since = Math.min(this.waitingSince ?? now, this.behindSince ?? now);
    if (this.waitingSince === undefined) return;
    const leftMs = since + LATE_MS - now;
    if (leftMs <= 0 && this.isSuspect) return this.fail(`nothing judged in time: ${Math.round(this.heldMs)} ms wait`);
    this.isSuspect = leftMs <= 0;
    this.watch = this.clock.setTimeout(() => this.check(), Math.max(leftMs, GRACE_MS));
  }

  private fail(reason: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.watch?.cancel();
    this.stream.close();
    this.events.failed(reason);
  }
}
