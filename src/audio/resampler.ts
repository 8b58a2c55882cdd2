import { ParleyError } from '../kernel/errors.js';
import { toSample } from './pcm16.js';

/**
 * Taps for each output sample, counted at the lower of the two rates. 40 taps with these two settings keep 3.4 kHz of a
 * telephone call within 0.2 dB, put aliases below -65 dB and delay by 2.5 ms at 8 kHz.
 */
const TAPS = 40;
const KAISER_BETA = 6;
/** Cut-off as a fraction of the lower Nyquist frequency. */
const CUT_OFF = 0.92;

/** Streaming sample-rate conversion of mono PCM16: polyphase windowed sinc, nothing held back, delay below 5 ms. */
export class Resampler {
  /** By how much the output lags behind the input. */
  readonly delayMs: number;
  private readonly filter: PolyphaseFilter | undefined;
  /** The last `taps - 1` samples of the past, followed by the chunk in work. */
  private work: Float64Array;
  /** Where the next output sample's first tap stands in `work`, and between which input samples it falls. */
  private index = 0;
  private phase = 0;

  /**
   * @param fromRate Hz @param toRate Hz; any pair of 8000, 16000, 22050, 24000, 44100, 48000.
   * @throws ParleyError `unsupported` for rates outside 8 to 48 kHz or without a reasonable ratio.
   */
  constructor(
    readonly fromRate: number,
    readonly toRate: number,
  ) {
    this.filter = fromRate === toRate ? undefined : filterFor(fromRate, toRate);
    this.delayMs = this.filter ? ((this.filter.taps / 2) * 1000) / fromRate : 0;
    this.work = new Float64Array(this.filter ? this.filter.taps - 1 : 0);
  }

  /**
   * Any length. After n samples in, exactly `ceil(n * toRate / fromRate)` samples have come out, however they were cut
   * into chunks. With equal rates the input itself is returned.
   */
  process(pcm: Int16Array): Int16Array {
    const filter = this.filter;
    if (!filter) return pcm;
    const { taps, phases, step, coefficients } = filter;
    const past = taps - 1;
    const filled = past + pcm.length;
    if (this.work.length < filled) this.grow(filled);
    const work = this.work;
    for (let i = 0; i < pcm.length; i++) work[past + i] = pcm[i]!;

    let { index, phase } = this;
    const out = new Int16Array(Math.max(0, Math.ceil(((pcm.length - index) * phases - phase) / step)));
    for (let o = 0; o < out.length; o++) {
      let sum = 0;
      for (let k = 0, c = phase * taps; k < taps; k++, c++) sum += coefficients[c]! * work[index + k]!;
      out[o] = toSample(sum);
      phase += step;
      const advance = Math.floor(phase / phases);
      index += advance;
      phase -= advance * phases;
    }
    work.copyWithin(0, pcm.length, filled);
    this.index = index - pcm.length;
    this.phase = phase;
    return out;
  }

  /** The last `delayMs` of the stream, which are still in the filter. Afterwards the object is as new. */
  flush(): Int16Array {
    if (!this.filter) return new Int16Array(0);
    const tail = this.process(new Int16Array(this.filter.taps / 2));
    this.work.fill(0);
    this.index = 0;
    this.phase = 0;
    return tail;
  }

  private grow(length: number): void {
    const larger = new Float64Array(length);
    larger.set(this.work);
    this.work = larger;
  }
}

interface PolyphaseFilter {
  /** For each output sample, at the input's rate; even. */
  readonly taps: number;
  /** Output positions between two input samples. */
  readonly phases: number;
  /** From one output sample to the next, in phases. */
  readonly step: number;
  /** `phases` rows of `taps`. */
  readonly coefficients: Float64Array;
}

/** Read-only and the same for every call with these rates. */
const filters = new Map<string, PolyphaseFilter>();

function filterFor(fromRate: number, toRate: number): PolyphaseFilter {
  const key = `${fromRate}>${toRate}`;
  let filter = filters.get(key);
  if (!filter) {
    filter = designFilter(fromRate, toRate);
    filters.set(key, filter);
  }
  return filter;
}

function designFilter(fromRate: number, toRate: number): PolyphaseFilter {
  const divisor = isConvertible(fromRate) && isConvertible(toRate) ? greatestCommonDivisor(fromRate, toRate) : 0;
  const phases = toRate / divisor;
  // The bound keeps the table small: 441 phases suffice for every rate that sound cards and telephones have.
  if (divisor === 0 || phases > 441) {
    throw new ParleyError('unsupported', `cannot convert audio from ${fromRate} Hz to ${toRate} Hz`);
  }
  const narrowing = Math.min(1, toRate / fromRate);
  const half = Math.ceil(TAPS / narrowing / 2);
  const taps = half * 2;
  const coefficients = new Float64Array(phases * taps);
  for (let phase = 0; phase < phases; phase++) {
    const row = coefficients.subarray(phase * taps, (phase + 1) * taps);
    let sum = 0;
    for (let k = 0; k < taps; k++) {
      const distance = k - (half - 1) - phase / phases;
      row[k] = sinc(distance * CUT_OFF * narrowing) * kaiser(distance / half);
      sum += row[k]!;
    }
    // The same gain for every phase, or a constant input would come out with a ripple.
    for (let k = 0; k < taps; k++) row[k]! /= sum;
  }
  return { taps, phases, step: fromRate / divisor, coefficients };
}

function isConvertible(rate: number): boolean {
  return Number.isInteger(rate) && rate >= 8000 && rate <= 48_000;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** @param x -1 to 1 over the window; 0 outside. */
function kaiser(x: number): number {
  return Math.abs(x) >= 1 ? 0 : besselI0(KAISER_BETA * Math.sqrt(1 - x * x)) / besselI0(KAISER_BETA);
}

/** Modified Bessel function of the first kind, order 0, by its power series. */
function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
