interface Checkpoint {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Two times that are less apart are the same: a fraction of a sample. */
const SAME_MS = 0.01;

/**
 * From a clock that only runs while audio flows to the time line the audio comes from. From one checkpoint to the next both
 * run alike. Monotonic. Of more than `capacity` checkpoints the oldest are forgotten; times before the oldest one that
 * is left are taken to run alike as well.
 */
export class TimeMap {
  private readonly checkpoints: Checkpoint[] = [];

  constructor(private readonly capacity = 500) {}

  get size(): number {
    return this.checkpoints.length;
  }

  /** From `fromMs` on, which is not before that of any other call, audio belongs to `toMs` and what follows. */
  add(fromMs: number, toMs: number): void {
    const last = this.checkpoints.at(-1);
    if (last) {
      const runsTo = last.toMs + fromMs - last.fromMs;
      // To what runs on, nothing changes; nothing runs back.
      if (toMs - runsTo < SAME_MS) return;
      if (fromMs - last.fromMs < SAME_MS) this.checkpoints.pop();
    }
    this.checkpoints.push({ fromMs, toMs });
    if (this.checkpoints.length > this.capacity) this.checkpoints.shift();
  }

  /** Where what begins at `ms` belongs. */
  startOf(ms: number): number {
    return this.runOn(this.lastBefore(ms + SAME_MS), ms);
  }

  /** Where what ends at `ms` belongs: at a checkpoint not what follows it, but what came before. */
  endOf(ms: number): number {
    return this.runOn(this.lastBefore(ms - SAME_MS), ms);
  }

  private runOn(index: number, ms: number): number {
    const { fromMs, toMs } = this.checkpoints[index] ?? { fromMs: 0, toMs: 0 };
    return toMs + ms - fromMs;
  }

  /** The last checkpoint at or before `ms`, or the first of all. */
  private lastBefore(ms: number): number {
    let low = 0;
    let high = this.checkpoints.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.checkpoints[middle]!.fromMs <= ms) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
