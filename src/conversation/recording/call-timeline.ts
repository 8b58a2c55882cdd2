import type { Clock } from '../../kernel/clock.js';

/** Audio that comes so late was not held up on its way: before it, there was none. */
const MOST_LATE_MS = 1000;
/** If all audio of so much time is late, it will not catch up any more. */
const WINDOW_MS = 1000;
const TOLERATED_MS = 100;

/**
 * Where in a recording audio belongs. The caller's audio drives time: what came at once counts as said one after the
 * other, however it came. Where audio is missing for good, time goes on without it.
 */
export class CallTimeline {
  private callerSamples: number;
  private heard = false;
  private windowMs = 0;
  private leastLateMs = Infinity;

  /**
   * @param origin clock time of position 0 @param startMs where the recording begins
   * @param sampleRate of the caller's audio, Hz
   */
  constructor(
    private readonly clock: Clock,
    private origin: number,
    startMs: number,
    private readonly sampleRate: number,
  ) {
    this.callerSamples = this.toSamples(startMs);
  }

  /** Where we are, ms. Never goes back. */
  get nowMs(): number {
    return this.clock.now() - this.origin;
  }

  /** The caller's audio of earlier than this is in. */
  get settledMs(): number {
    return this.nowMs - MOST_LATE_MS - WINDOW_MS;
  }

  /** Where audio of the caller that came now begins, in samples. */
  place(samples: number): number {
    const lateMs = this.nowMs - this.toMs(this.callerSamples + samples);
    if (lateMs < 0) this.origin += lateMs;
    else if (!this.heard || lateMs > MOST_LATE_MS) this.skip(lateMs);
    else this.watch(lateMs, this.toMs(samples));
    this.heard = true;
    const at = this.callerSamples;
    this.callerSamples += samples;
    return at;
  }

  /** Audio that was late once may have been held up, and what is behind it comes faster. */
  private watch(lateMs: number, durationMs: number): void {
    this.leastLateMs = Math.min(this.leastLateMs, lateMs);
    this.windowMs += durationMs;
    if (this.windowMs < WINDOW_MS) return;
    if (this.leastLateMs > TOLERATED_MS) this.skip(this.leastLateMs);
    this.beginWindow();
  }

  private skip(ms: number): void {
    this.callerSamples += this.toSamples(ms);
    this.beginWindow();
  }

  private beginWindow(): void {
    this.windowMs = 0;
    this.leastLateMs = Infinity;
  }

  private toSamples(ms: number): number {
    return Math.round((ms * this.sampleRate) / 1000);
  }

  private toMs(samples: number): number {
    return (samples * 1000) / this.sampleRate;
  }
}
