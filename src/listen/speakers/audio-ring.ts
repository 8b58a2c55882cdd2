/** The last seconds of one leg. Where nothing came it is silent. */
export class AudioRing {
  private readonly samples: Int16Array;
  /** What follows the newest sample, in samples since session ms 0; undefined before the first. */
  private end: number | undefined;
  private start = 0;

  /** @param sampleRate Hz */
  constructor(
    private readonly sampleRate: number,
    lengthMs: number,
  ) {
    this.samples = new Int16Array(Math.round((lengthMs * sampleRate) / 1000));
  }

  /** Copied. Of what comes in another order than that of time, only what is newer is kept. @param atMs session ms */
  write(pcm: Int16Array, atMs: number): void {
    const first = this.positionOf(atMs);
    this.end ??= this.start = first;
    const known = Math.max(0, this.end - first);
    const { length } = this.samples;
    const newest = pcm.subarray(Math.max(known, pcm.length - length));
    if (newest.length === 0) return;
    const at = first + pcm.length - newest.length;
    this.silence(this.end, at);
    for (let done = 0; done < newest.length;) {
      const place = (at + done) % length;
      const part = newest.subarray(done, done + length - place);
      this.samples.set(part, place);
      done += part.length;
    }
    this.end = at + newest.length;
    this.start = Math.max(this.start, this.end - length);
  }

  /** The part of a stretch of time that is still there; undefined if that is none. */
  within(fromMs: number, toMs: number): { readonly fromMs: number; readonly toMs: number } | undefined {
    if (this.end === undefined) return undefined;
    const part = { fromMs: Math.max(fromMs, this.msOf(this.start)), toMs: Math.min(toMs, this.msOf(this.end)) };
    return part.fromMs < part.toMs ? part : undefined;
  }

  /** A copy. @param fromMs @param toMs of a stretch that `within` has given */
  read(fromMs: number, toMs: number): Int16Array {
    const { length } = this.samples;
    const from = Math.max(this.start, this.positionOf(fromMs));
    const to = Math.min(this.end ?? from, this.positionOf(toMs));
    const copy = new Int16Array(Math.max(0, to - from));
    for (let done = 0; done < copy.length;) {
      const place = (from + done) % length;
      const part = this.samples.subarray(place, Math.min(length, place + copy.length - done));
      copy.set(part, done);
      done += part.length;
    }
    return copy;
  }

  private silence(from: number, to: number): void {
    const { length } = this.samples;
    for (let at = Math.max(from, to - length); at < to;) {
      const place = at % length;
      const next = Math.min(to, at + length - place);
      this.samples.fill(0, place, place + next - at);
      at = next;
    }
  }

  private positionOf(ms: number): number {
    return Math.max(0, Math.round((ms * this.sampleRate) / 1000));
  }

  private msOf(position: number): number {
    return (position * 1000) / this.sampleRate;
  }
}
