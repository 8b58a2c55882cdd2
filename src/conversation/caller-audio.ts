import { MAX_AHEAD_OF_CALLER_MS } from '../audio/source-queues.js';
import type { Clock } from '../kernel/clock.js';

const MAX_AHEAD_OF_DETECTOR_MS = 1000;

/** How far the caller's audio has come. Positions are ms of what was taken in: what was lost before is not in them. */
export class CallerAudio {
  private firstFrameAt: number | undefined;
  private lastFrameAt = 0;
  private takenMs = 0;
  private detectedMs = 0;
  private lostMs = 0;

  constructor(private readonly clock: Clock) {}

  /** Audio has come in; it may have to wait. */
  arrived(): void {
    this.lastFrameAt = this.clock.now();
    this.firstFrameAt ??= this.lastFrameAt;
  }

  /** @param lostMs of what should have come before it */
  take(durationMs: number, lostMs: number): void {
    this.lostMs += lostMs;
    this.takenMs += durationMs;
  }

  /** It was judged whether somebody speaks, up to there. */
  detected(positionMs: number): void {
    this.detectedMs = positionMs;
  }

  get positionMs(): number {
    return this.takenMs;
  }

  /** Clock time. */
  get lastArrivedAt(): number {
    return this.lastFrameAt;
  }

  /** Ms of the call: with what was lost. */
  callMsAt(positionMs: number): number {
    return positionMs + this.lostMs;
  }

  /** Clock time at which the audio came in, taken to flow in real time. */
  arrivalOf(positionMs: number): number {
    return this.clock.now() - Math.max(0, this.takenMs - positionMs);
  }

  /** Not more than the detector can follow, nor than a caller can have said: the rest waits, and is lost if it is too much. */
  get hasRoom(): boolean {
    return this.takenMs - this.detectedMs < MAX_AHEAD_OF_DETECTOR_MS && this.tooEarlyMs < 0;
  }

  /** By how much more than it may the audio is longer than the time since it began; negative while it is not. */
  get tooEarlyMs(): number {
    const sinceFirstMs = this.clock.now() - (this.firstFrameAt ?? 0);
    return this.takenMs + this.lostMs - sinceFirstMs - MAX_AHEAD_OF_CALLER_MS;
  }
}
