/** The last few seconds of a stream, to go back to where speech began. */
export class AudioRing {
  private readonly samples: Int16Array;
  private written = 0;

  constructor(
    private readonly sampleRate: number,
    capacityMs: number,
  ) {
    this.samples = new Int16Array(Math.ceil((sampleRate * capacityMs) / 1000));
  }

  push(pcm: Int16Array): void {
    const size = this.samples.length;
    const kept = pcm.length > size ? pcm.subarray(pcm.length - size) : pcm;
    const at = (this.written + pcm.length - kept.length) % size;
    const untilWrap = Math.min(kept.length, size - at);
    this.samples.set(kept.subarray(0, untilWrap), at);
    this.samples.set(kept.subarray(untilWrap), 0);
    this.written += pcm.length;
  }

  /** A copy of everything from `fromMs` of the stream on, as far as it is still here. */
  since(fromMs: number): Int16Array {
    const size = this.samples.length;
    const wanted = Math.max(0, Math.round((fromMs * this.sampleRate) / 1000));
    const from = Math.min(this.written, Math.max(wanted, this.written - size));
    const result = new Int16Array(this.written - from);
    const at = from % size;
    const untilWrap = Math.min(result.length, size - at);
    result.set(this.samples.subarray(at, at + untilWrap));
    result.set(this.samples.subarray(0, result.length - untilWrap), untilWrap);
    return result;
  }
}
