/** A stop without a click: this many samples of what was cleared are faded out. */
const FADE_SAMPLES = 128;

/**
 * What is still to be played, as a ring of samples at the sound card's rate. Each piece belongs to a *stream* (a number
 * that the page chooses), so that it can be told how much of each was played.
 *
 * Playing begins only once `prefill` samples are there (or `flush` says that no more will come): a network's jitter
 * then makes no gaps.
 */
export class PlaybackBuffer {
  /** @param {number} capacity samples @param {number} prefill samples */
  constructor(capacity, prefill) {
    this.ring = new Float32Array(capacity);
    this.prefill = prefill;
    this.read = 0;
    this.length = 0;
    /** @type {{ stream: number, samples: number }[]} */
    this.pieces = [];
    this.playing = false;
    this.stream = 0;
    this.playedSamples = 0;
    /** Samples of what was cleared that are still to be faded out. */
    this.fading = 0;
    /** Samples that found no room. */
    this.overflow = 0;
  }

  /** @param {number} stream @param {Float32Array} samples */
  push(stream, samples) {
    const room = this.ring.length - this.length;
    const taken = Math.min(room, samples.length);
    this.overflow += samples.length - taken;
    for (let i = 0; i < taken; i++) this.ring[(this.read + this.length + i) % this.ring.length] = samples[i];
    this.length += taken;
    const last = this.pieces.at(-1);
    if (last?.stream === stream) last.samples += taken;
    else this.pieces.push({ stream, samples: taken });
    if (this.length >= this.prefill) this.playing = true;
  }

  /** What is there is played even if it is little. */
  flush() {
    this.playing = this.length > 0;
  }

  /** Drops everything at once; the next `pull` fades out what would have come. */
  clear() {
    this.length = Math.min(this.length, this.playing ? FADE_SAMPLES : 0);
    this.pieces = [];
    this.fading = this.length;
  }

  /** Fills `out` with what is due, and with silence. @param {Float32Array} out */
  pull(out) {
    out.fill(0);
    if (!this.playing) return;
    const count = Math.min(out.length, this.length);
    for (let i = 0; i < count; i++) out[i] = this.ring[(this.read + i) % this.ring.length];
    this.read = (this.read + count) % this.ring.length;
    this.length -= count;
    const faded = Math.min(this.fading, count);
    for (let i = 0; i < faded; i++) out[i] *= (this.fading - i) / FADE_SAMPLES;
    this.fading -= faded;
    this.count(count - faded);
    if (this.length === 0) this.playing = false;
  }

  count(samples) {
    for (let left = samples; left > 0 && this.pieces.length > 0;) {
      const piece = this.pieces[0];
      if (piece.stream !== this.stream) {
        this.stream = piece.stream;
        this.playedSamples = 0;
      }
      const taken = Math.min(left, piece.samples);
      this.playedSamples += taken;
      piece.samples -= taken;
      left -= taken;
      if (piece.samples === 0) this.pieces.shift();
    }
  }
}
