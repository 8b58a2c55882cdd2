import { toSample } from '../../audio/pcm16.js';

export type Background = 'clean' | 'pink 20 dB' | 'pink 10 dB' | 'babble 15 dB';

/** Repeatable uniform numbers in [0, 1): mulberry32. */
export function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The speech with the background mixed in; `voices` make the babble. */
export function withBackground(
  speech: Int16Array,
  background: Background,
  voices: readonly Int16Array[],
  seed: number,
): Int16Array {
  switch (background) {
    case 'clean':
      return speech;
    case 'pink 20 dB':
      return mix(speech, pinkNoise(speech.length, seed), 20);
    case 'pink 10 dB':
      return mix(speech, pinkNoise(speech.length, seed), 10);
    case 'babble 15 dB':
      return mix(speech, babble(speech.length, voices, seed), 15);
    default:
      throw new Error(`no such background: ${String(background)}`);
  }
}

/** Paul Kellet's filter on white noise. */
function pinkNoise(length: number, seed: number): Float64Array {
  const random = randomSource(seed);
  const noise = new Float64Array(length);
  let [a, b, c] = [0, 0, 0];
  for (let i = 0; i < length; i++) {
    const white = random() + random() + random() + random() - 2;
    a = 0.99765 * a + white * 0.099046;
    b = 0.963 * b + white * 0.2965164;
    c = 0.57 * c + white * 1.0526913;
    noise[i] = a + b + c + white * 0.1848;
  }
  return noise;
}

/** Six of the voices at once, each from a place of its own. */
function babble(length: number, voices: readonly Int16Array[], seed: number): Float64Array {
  const random = randomSource(seed);
  const sum = new Float64Array(length);
  for (let speaker = 0; speaker < 6; speaker++) {
    const voice = voices[Math.floor(random() * voices.length)]!;
    const offset = Math.floor(random() * voice.length);
    for (let i = 0; i < length; i++) sum[i] = sum[i]! + voice[(offset + i) % voice.length]!;
  }
  return sum;
}

/** @param snr dB, of the speech where it is audible. */
function mix(speech: Int16Array, noise: Float64Array, snr: number): Int16Array {
  let speechPower = 0;
  let audible = 0;
  let noisePower = 0;
  for (let i = 0; i < speech.length; i++) {
    noisePower += noise[i]! ** 2;
    if (Math.abs(speech[i]!) <= 100) continue;
    speechPower += speech[i]! ** 2;
    audible += 1;
  }
  const gain = Math.sqrt(speechPower / Math.max(1, audible) / (noisePower / noise.length)) / 10 ** (snr / 20);
  return Int16Array.from(speech, (sample, i) => toSample(sample + gain * noise[i]!));
}
