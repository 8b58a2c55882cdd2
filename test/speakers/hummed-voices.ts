import { SpeakerEmbedder } from '../../src/speech/speaker-embedder.js';

const SAMPLE_RATE = 16_000;
const DIMENSION = 40;
const HZ_PER_PLACE = 100;
const WINDOW = 800;

/** Tells hummed tones apart by how often they cross zero; of real voices it knows nothing. */
export class HummedVoices extends SpeakerEmbedder {
  readonly dimension = DIMENSION;
  model = 'hummed-1';
  readonly problem = undefined;
  /** Of each clip, ms. */
  readonly clips: number[] = [];
  /** The next ones fail with it. */
  failure: Error | undefined;

  override start(): Promise<void> {
    return Promise.resolve();
  }

  override embed(pcm: Int16Array, signal: AbortSignal): Promise<Float32Array> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    this.clips.push((pcm.length * 1000) / SAMPLE_RATE);
    if (this.failure) return Promise.reject(this.failure);
    const counts = new Float32Array(DIMENSION);
    for (let at = 0; at + WINDOW <= pcm.length; at += WINDOW) {
      const window = pcm.subarray(at, at + WINDOW);
      const crossings = window.filter((sample, i) => i > 0 && sample < 0 !== window[i - 1]! < 0).length;
      const place = Math.round((crossings * SAMPLE_RATE) / (2 * WINDOW) / HZ_PER_PLACE);
      // A little off is nearly the same.
      for (const near of [place - 1, place, place + 1])
        if (crossings > 0 && near >= 0 && near < DIMENSION) counts[near]! += near === place ? 1 : 0.5;
    }
    return Promise.resolve(counts);
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }
}
