/** Samples at a time; a second of a telephone call. */
const SLAB_SAMPLES = 8000;

/**
 * Memory for the frames of one stream: one allocation for a second of them instead of fifty. A slab lives as long as any
 * frame of it does.
 */
export class PcmSlab {
  private slab = new Int16Array(0);
  private used = 0;

  /** Memory for `samples` samples, which nobody else gets. What is in it is undefined. */
  take(samples: number): Int16Array {
    if (samples > SLAB_SAMPLES / 2) return new Int16Array(samples);
    if (this.used + samples > this.slab.length) {
      this.slab = new Int16Array(SLAB_SAMPLES);
      this.used = 0;
    }
    const taken = this.slab.subarray(this.used, this.used + samples);
    this.used += samples;
    return taken;
  }
}
