/** Zero crossings of the filter on each side, at the lower of the two rates: delays by 1.25 ms at 8 kHz. */
const CROSSINGS = 10;
/** Cut-off as a fraction of the lower Nyquist frequency; leaves room for the slope. */
const CUT_OFF = 0.92;

/**
 * Streaming sample-rate conversion of mono samples (polyphase windowed sinc). Runs on the audio thread: the microphone
 * of a browser has 44.1 or 48 kHz, a call 8 to 48 kHz.
 */
export class Resampler {
  /** @param {number} fromRate Hz @param {number} toRate Hz */
  constructor(fromRate, toRate) {
    const divisor = greatestCommonDivisor(fromRate, toRate);
    this.up = toRate / divisor;
    this.down = fromRate / divisor;
    this.passThrough = fromRate === toRate;
    const cutOff = CUT_OFF * Math.min(1, toRate / fromRate);
    this.taps = 2 * Math.ceil(CROSSINGS / cutOff);
    this.filter = this.passThrough ? new Float32Array(0) : designFilter(this.up, this.taps, cutOff);
    this.past = new Float32Array(this.taps - 1);
    this.index = 0;
    this.phase = 0;
  }

  /**
   * After n samples in, `ceil(n * toRate / fromRate)` have come out, however they were cut into chunks.
   * @param {Float32Array} samples any length; returned as it is when the rates are equal
   * @returns {Float32Array}
   */
  process(samples) {
    if (this.passThrough) return samples;
    const { taps, up, down, filter } = this;
    const work = new Float32Array(this.past.length + samples.length);
    work.set(this.past);
    work.set(samples, this.past.length);

    const out = new Float32Array(Math.max(0, Math.ceil(((samples.length - this.index) * up - this.phase) / down)));
    for (let o = 0; o < out.length; o++) {
      let sum = 0;
      for (let k = 0, c = this.phase * taps; k < taps; k++, c++) sum += filter[c] * work[this.index + k];
      out[o] = sum;
      this.phase += down;
      const advance = Math.floor(this.phase / up);
      this.index += advance;
      this.phase -= advance * up;
    }
    this.index -= samples.length;
    this.past = work.slice(work.length - this.past.length);
    return out;
  }
}

/** One row of `taps` coefficients for each of the `phases` positions between two samples, each with a sum of 1. */
function designFilter(phases, taps, cutOff) {
  const filter = new Float32Array(phases * taps);
  for (let phase = 0; phase < phases; phase++) {
    let sum = 0;
    const row = new Float64Array(taps);
    for (let k = 0; k < taps; k++) {
      const t = k - taps / 2 + 1 - phase / phases;
      row[k] = sinc(cutOff * t) * blackman((2 * t) / taps);
      sum += row[k];
    }
    for (let k = 0; k < taps; k++) filter[phase * taps + k] = row[k] / sum;
  }
  return filter;
}

function sinc(x) {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** @param {number} x from -1 to 1 */
function blackman(x) {
  return Math.abs(x) >= 1 ? 0 : 0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x);
}

function greatestCommonDivisor(a, b) {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
