/** -36 dBFS, which quiet callers' vowels reach and line noise does not. */
const LOUD = 500;
/** A short word has 100 ms of vowel, whose samples are above `LOUD` a quarter of the time. */
const LOUD_SAMPLES_OF_A_WORD = 200;
/** At the 8 kHz of a telephone. */
const SAMPLES_PER_MS = 8;

/** -80 dBFS: what digital silence gets before anybody has spoken. */
const LEAST_DITHER = 1e-4;

/**
 * Prepares telephone audio for the recogniser: PCM16 to floating point, with a little noise.
 * Digital silence (G.711 silence suppression, a synthesiser's pauses) has no spectrum and throws the recogniser off;
 * noise well below the caller's voice gives it one. The noise is the same in every run.
 */
export class Conditioner {
  private state: number;
  private peak = 0;
  private loudSamples = 0;
  private samples = 0;
  private firstLoudSample: number | undefined;

  /** @param ditherRatio the noise's standard deviation to the loudest sample so far; 0.001 is -60 dB. */
  constructor(
    private readonly ditherRatio: number,
    seed = 0x9e3779b9,
  ) {
    this.state = seed >>> 0;
  }

  convert(pcm: Int16Array): Float32Array {
    for (const sample of pcm) {
      this.peak = Math.max(this.peak, Math.abs(sample));
      if (Math.abs(sample) > LOUD) {
        this.loudSamples += 1;
        this.firstLoudSample ??= this.samples;
      }
      this.samples += 1;
    }
    const dither = Math.max(LEAST_DITHER, (this.ditherRatio * this.peak) / 32_768);
    return Float32Array.from(pcm, (sample) => sample / 32_768 + dither * this.gaussian());
  }

  /** Whether there was sound enough for a word. */
  get hadSpeech(): boolean {
    return this.loudSamples >= LOUD_SAMPLES_OF_A_WORD;
  }

  /** Before it, in ms from the beginning, nothing was loud. */
  get quietUntilMs(): number {
    return (this.firstLoudSample ?? 0) / SAMPLES_PER_MS;
  }

  /** Sum of four uniform numbers, scaled to variance 1: near enough, and cheap. */
  private gaussian(): number {
    return (this.uniform() + this.uniform() + this.uniform() + this.uniform() - 2) * Math.sqrt(3);
  }

  private uniform(): number {
    // mulberry32
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }
}
