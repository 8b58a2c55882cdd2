/** -36 dBFS, which quiet callers' vowels reach and line noise does not. */
const LOUD = 500;
/** A short word has 100 ms of vowel, whose samples are above `LOUD` a quarter of the time. */
const LOUD_SAMPLES_OF_A_WORD = 200;

/**
 * Prepares telephone audio for the recogniser: PCM16 to floating point, with a little noise where there is none.
 * Digital silence (G.711 silence suppression) has no spectrum and throws the recogniser off; noise at -80 dBFS
 * gives it one. The noise is the same in every run.
 */
export class Conditioner {
  private state: number;
  private loudSamples = 0;

  constructor(
    private readonly ditherLevel: number,
    seed = 0x9e3779b9,
  ) {
    this.state = seed >>> 0;
  }

  convert(pcm: Int16Array): Float32Array {
    const samples = new Float32Array(pcm.length);
    for (let i = 0; i < pcm.length; i++) {
      samples[i] = pcm[i]! / 32_768 + this.ditherLevel * this.gaussian();
      if (Math.abs(pcm[i]!) > LOUD) this.loudSamples += 1;
    }
    return samples;
  }

  /** Whether there was sound enough for a word. */
  get hadSpeech(): boolean {
    return this.loudSamples >= LOUD_SAMPLES_OF_A_WORD;
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
