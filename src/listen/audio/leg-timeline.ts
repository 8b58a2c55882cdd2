/** Audio whose place in time is known. */
export interface PlacedAudio {
  readonly pcm: Int16Array;
  /** Of the first sample, session ms. */
  readonly atMs: number;
}

/** What is less late is jitter, and counted as on time. */
const LATE_MS = 400;
/** Audio that is late for so long, and gets no less so, has not been held up: there was none before it. */
const DECIDED_MS = 500;
/** Of the time that passes; who catches up more slowly does not. */
const CATCHING_UP = 0.2;
const MOST_HELD_MS = 10_000;

/**
 * Where the audio of one leg belongs on the session's clock. Time goes by samples, so that what a network delivers in
 * bursts is where it was said. A client that sends nothing for a while leaves a gap: audio that stays later than its
 * samples account for goes where the clock is. Audio that is late for the first time waits until that is decided.
 */
export class LegTimeline {
  /** Where the next sample belongs, in samples. */
  private position = 0;
  private begun = false;
  /** Late, and not decided about. */
  private held: Int16Array[] = [];
  private heldSamples = 0;
  private heldSinceMs = 0;
  private firstLateMs = 0;
  private leastLateMs = Infinity;

  /** @param sampleRate Hz */
  constructor(private readonly sampleRate: number) {}

  /** Audio that has come now. Returns all of which the place is known by that, in order. It is kept, not copied. */
  place(pcm: Int16Array, nowMs: number): PlacedAudio[] {
    if (pcm.length === 0) return [];
    if (!this.begun) {
      this.begun = true;
      this.position = Math.max(0, this.toSamples(nowMs) - pcm.length);
    }
    // For a while nothing has come again: what waits was alone.
    const placed = this.lateMs(pcm, nowMs) > this.leastLateMs + LATE_MS ? this.release() : [];
    const lateMs = this.lateMs(pcm, nowMs);
    if (this.held.length === 0 && lateMs <= LATE_MS) return [...placed, this.next(pcm)];
    this.hold(pcm, lateMs, nowMs);
    return lateMs <= LATE_MS ? [...placed, ...this.release()] : [...placed, ...this.due(nowMs)];
  }

  /** What has waited long enough. To be asked now and then. */
  due(nowMs: number): PlacedAudio[] {
    const waitedMs = nowMs - this.heldSinceMs;
    const isCatchingUp = this.firstLateMs - this.leastLateMs > CATCHING_UP * waitedMs;
    const isDecided = waitedMs >= DECIDED_MS && !isCatchingUp;
    return isDecided || this.toMs(this.heldSamples) > MOST_HELD_MS ? this.release() : [];
  }

  /** What waits, at its place: nothing more will come, or nothing that counts. */
  release(): PlacedAudio[] {
    const { held } = this;
    if (held.length > 0 && this.leastLateMs > LATE_MS) this.position += this.toSamples(this.leastLateMs);
    this.held = [];
    this.heldSamples = 0;
    this.leastLateMs = Infinity;
    return held.map((pcm) => this.next(pcm));
  }

  private hold(pcm: Int16Array, lateMs: number, nowMs: number): void {
    if (this.held.length === 0) {
      this.heldSinceMs = nowMs;
      this.firstLateMs = lateMs;
    }
    this.held.push(pcm);
    this.heldSamples += pcm.length;
    this.leastLateMs = Math.min(this.leastLateMs, lateMs);
  }

  /** How much later it comes than its samples account for. */
  private lateMs(pcm: Int16Array, nowMs: number): number {
    return nowMs - this.toMs(this.position + this.heldSamples + pcm.length);
  }

  private next(pcm: Int16Array): PlacedAudio {
    const atMs = this.toMs(this.position);
    this.position += pcm.length;
    return { pcm, atMs };
  }

  private toSamples(ms: number): number {
    return Math.round((ms * this.sampleRate) / 1000);
  }

  private toMs(samples: number): number {
    return (samples * 1000) / this.sampleRate;
  }
}
