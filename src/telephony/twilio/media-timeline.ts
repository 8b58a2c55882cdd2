/** Below it a gap is jitter of the timestamps; small ones add up to it. */
const LEAST_GAP_MS = 60;
/** Above it the timestamps jumped, or the line was gone: it is no use to catch up with silence. */
const LARGEST_GAP_MS = 2000;

/**
 * Compares a stream's timestamps with the audio that came, so that lost audio does not shift everything after it: a gap
 * is to be filled with silence. Audio that is early or out of order is no reason to drop it.
 */
export class MediaTimeline {
  /** In the stream's time: where the next frame should begin. */
  private expectedMs: number | undefined;
  private filled = 0;

  /** Silence put in so far, ms. */
  get filledMs(): number {
    return this.filled;
  }

  /**
   * Takes note of a frame; returns how much silence belongs before it, ms.
   * @param timestampMs -1 if the frame does not say.
   */
  gapBefore(timestampMs: number, durationMs: number): number {
    const gapMs = timestampMs < 0 || this.expectedMs === undefined ? 0 : timestampMs - this.expectedMs;
    if (timestampMs >= 0 && (this.expectedMs === undefined || gapMs >= LEAST_GAP_MS)) this.expectedMs = timestampMs;
    if (this.expectedMs !== undefined) this.expectedMs += durationMs;
    if (gapMs < LEAST_GAP_MS || gapMs > LARGEST_GAP_MS) return 0;
    this.filled += gapMs;
    return gapMs;
  }
}
