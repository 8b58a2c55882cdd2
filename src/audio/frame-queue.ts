import type { Clock } from '../kernel/clock.js';

/** A stretch of the source's audio that was lost, in ms since its first sample. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface QueuedFrame {
  readonly pcm: Int16Array;
  /** Position in the source's audio. Frames that were dropped count: a drop never shifts what comes after it. */
  readonly startMs: number;
  /** What was lost directly before this frame. */
  readonly gap: Gap | undefined;
}

/**
 * The audio of one source of one session between the socket and its consumer: FIFO, bounded by frames, and when it is
 * full the *oldest* frame goes, at once. `received = taken + depth + dropped` always holds.
 */
export class FrameQueue {
  private readonly frames: (Int16Array | undefined)[];
  private readonly starts: Float64Array;
  private readonly arrivals: Float64Array;
  private head = 0;
  private count = 0;
  private firstArrival: number | undefined;
  private receivedSamples = 0;
  /** What the consumer knows of: it has got the audio before this sample, or heard that it was lost. */
  private toldSamples = 0;
  private receivedFrames = 0;
  private takenFrames = 0;
  private droppedFrames = 0;

  /** @param capacity in frames @param sampleRate Hz, mono. */
  constructor(
    readonly capacity: number,
    private readonly sampleRate: number,
    private readonly clock: Clock,
  ) {
    this.frames = Array.from({ length: capacity }, () => undefined);
    this.starts = new Float64Array(capacity);
    this.arrivals = new Float64Array(capacity);
  }

  get depth(): number {
    return this.count;
  }

  /** How full it is, 0 to 1. */
  get fill(): number {
    return this.count / this.capacity;
  }

  /** How long the oldest frame has been waiting; 0 when empty. */
  get ageMs(): number {
    return this.count === 0 ? 0 : this.clock.now() - this.arrivals[this.head]!;
  }

  get received(): number {
    return this.receivedFrames;
  }

  get taken(): number {
    return this.takenFrames;
  }

  get dropped(): number {
    return this.droppedFrames;
  }

  /**
   * How many frames wait for their consumer, not for the clock: audio that came faster than real time, by more than
   * `aheadMs`, waits for its time to come. None while the oldest has not waited for `patienceMs` yet: a burst that is
   * worked off at once is no backlog.
   */
  backlog(aheadMs: number, patienceMs: number): number {
    if (this.count === 0) return 0;
    // The last sample whose time has come.
    const elapsedMs = this.clock.now() - this.firstArrival! + aheadMs;
    const headDueMs = Math.max(this.arrivals[this.head]! - this.firstArrival! + aheadMs, this.startMsAt(0));
    if (elapsedMs - headDueMs < patienceMs) return 0;
    let due = 1;
    while (due < this.count && this.startMsAt(due) <= elapsedMs) due++;
    return due;
  }

  /** Keeps `pcm` itself, not a copy. Returns what was lost to make room. */
  push(pcm: Int16Array): Gap | undefined {
    const lost = this.count === this.capacity ? this.dropOldest() : undefined;
    const now = this.clock.now();
    this.firstArrival ??= now;
    const slot = (this.head + this.count) % this.capacity;
    this.frames[slot] = pcm;
    this.starts[slot] = this.receivedSamples;
    this.arrivals[slot] = now;
    this.count++;
    this.receivedFrames++;
    this.receivedSamples += pcm.length;
    return lost;
  }

  /** A frame that is lost as it arrives. Returns what was lost; the next frame taken after it carries the gap. */
  refuse(pcm: Int16Array): Gap {
    this.firstArrival ??= this.clock.now();
    const from = this.receivedSamples;
    this.receivedFrames++;
    this.droppedFrames++;
    this.receivedSamples += pcm.length;
    return this.gapBetween(from, this.receivedSamples);
  }

  /** The oldest frame. */
  take(): QueuedFrame | undefined {
    if (this.count === 0) return undefined;
    const start = this.starts[this.head]!;
    const gap = start > this.toldSamples ? this.gapBetween(this.toldSamples, start) : undefined;
    const pcm = this.shift();
    this.toldSamples = start + pcm.length;
    this.takenFrames++;
    return { pcm, startMs: this.toMs(start), gap };
  }

  /** Drops everything; the next frame taken carries the gap. Returns the stretch that ends here and was lost. */
  clear(): Gap | undefined {
    if (this.count === 0) return undefined;
    const from = this.starts[this.head]!;
    while (this.count > 0) this.dropOldest();
    return this.gapBetween(from, this.receivedSamples);
  }

  private dropOldest(): Gap {
    const from = this.starts[this.head]!;
    const length = this.shift().length;
    this.droppedFrames++;
    return this.gapBetween(from, from + length);
  }

  private startMsAt(index: number): number {
    return this.toMs(this.starts[(this.head + index) % this.capacity]!);
  }

  private gapBetween(from: number, to: number): Gap {
    return { fromMs: this.toMs(from), toMs: this.toMs(to) };
  }

  private toMs(samples: number): number {
    return (samples * 1000) / this.sampleRate;
  }

  private shift(): Int16Array {
    const pcm = this.frames[this.head]!;
    this.frames[this.head] = undefined;
    this.head = (this.head + 1) % this.capacity;
    this.count--;
    return pcm;
  }
}
