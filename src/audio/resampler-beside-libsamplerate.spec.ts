import LibSampleRate from '@alexanderolsen/libsamplerate-js';
import { describe, expect, it } from '@jest/globals';
import { Resampler } from './resampler.js';

const rates = [8000, 16_000, 24_000, 48_000];
const pairs = rates.flatMap((from) => rates.filter((to) => to !== from).map((to) => [from, to] as const));
/** The telephone band, at no simple ratio to any rate. */
const tonesHz = [301, 613, 997, 1511, 2203, 2801, 3307];
const AMPLITUDE = 3500;

/** One second of the chord, begun `earlierMs` before its time. */
function chord(rate: number, earlierMs = 0): Float32Array {
  return Float32Array.from({ length: rate }, (_, index) => {
    const t = index / rate + earlierMs / 1000;
    return tonesHz.reduce((sum, hz, k) => sum + AMPLITUDE * Math.sin(2 * Math.PI * hz * t + k), 0);
  });
}

/** libsamplerate's best sinc converter, which looks at the whole signal and so has no delay. */
async function reference(from: number, to: number, samples: Float32Array): Promise<Float32Array> {
  const { SRC_SINC_BEST_QUALITY } = LibSampleRate.ConverterType;
  const converter = await LibSampleRate.create(1, from, to, { converterType: SRC_SINC_BEST_QUALITY });
  const out = converter.full(samples.map((sample) => sample / 32_768)).map((sample) => sample * 32_768);
  converter.destroy();
  return out;
}

const power = (samples: Float32Array): number => samples.reduce((sum, sample) => sum + sample * sample, 0);

describe("the resampler beside libsamplerate's best converter", () => {
  it.each(pairs)('%i to %i Hz: the same sound, to 60 dB, at most 5 ms later', async (from, to) => {
    const resampler = new Resampler(from, to);
    expect(resampler.delayMs).toBeLessThanOrEqual(5);
    const theirs = await reference(from, to, chord(from));
    // Ours hears the chord earlier by what it says that it lags behind: now the two must coincide.
    const early = Int16Array.from(chord(from, resampler.delayMs), Math.round);
    const ours: number[] = [];
    for (let at = 0; at < early.length; at += from / 50)
      ours.push(...resampler.process(early.subarray(at, at + from / 50)));

    // Both filters settle at the edges.
    const middle = theirs.subarray(to / 10, to - to / 10);
    const difference = middle.map((sample, index) => sample - ours[to / 10 + index]!);
    expect(10 * Math.log10(power(middle) / power(difference))).toBeGreaterThanOrEqual(60);
  });
});
