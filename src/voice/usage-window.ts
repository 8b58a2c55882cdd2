/** What was used in the last hour or day, by buckets of time: it is forgotten a bucket at a time. */
export class UsageWindow {
  /** Used ms by number of the bucket. */
  private used = new Map<number, number>();

  /** @param name in keys @param limitMs of audio, in any `windowMs`. */
  constructor(
    readonly name: string,
    private readonly windowMs: number,
    private readonly bucketMs: number,
    readonly limitMs: number,
  ) {}

  /** How long a bucket counts, from its beginning. */
  get keptMs(): number {
    return this.windowMs + 2 * this.bucketMs;
  }

  /** Numbers of the buckets that count, the current one first. @param now wall-clock ms */
  bucketsAt(now: number): number[] {
    const current = Math.floor(now / this.bucketMs);
    return Array.from({ length: this.windowMs / this.bucketMs + 1 }, (_, ago) => current - ago);
  }

  /** As all replicas have counted. What is no number counts as nothing. */
  replace(used: ReadonlyMap<number, number>): void {
    this.used = new Map([...used].filter(([, ms]) => Number.isFinite(ms) && ms > 0));
  }

  leftMs(now: number): number {
    return this.limitMs - this.bucketsAt(now).reduce((sum, bucket) => sum + (this.used.get(bucket) ?? 0), 0);
  }

  /** When there is some again. @param untoldMs used besides */
  freeInMs(now: number, untoldMs: number): number {
    let overMs = untoldMs - this.leftMs(now);
    if (overMs < 0) return 0;
    for (const bucket of this.bucketsAt(now).toReversed()) {
      overMs -= this.used.get(bucket) ?? 0;
      if (overMs < 0) return bucket * this.bucketMs + this.windowMs + this.bucketMs - now;
    }
    return this.windowMs;
  }
}
