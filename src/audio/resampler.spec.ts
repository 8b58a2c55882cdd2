import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { Resampler } from './resampler.js';

const rates = [8000, 16_000, 22_050, 24_000, 48_000];
const pairs = rates.flatMap((from) => rates.filter((to) => to !== from).map((to) => [from, to] as const));

function sine(frequency: number, rate: number, length: number, amplitude = 20_000): Int16Array {
  return Int16Array.from({ length }, (_, i) => Math.round(amplitude * Math.sin((2 * Math.PI * frequency * i) / rate)));
}

/** Best fit of one frequency in `pcm`; the power of the fit and of what it leaves, as mean squares. */
function fit(pcm: Int16Array, frequency: number, rate: number): { signal: number; residual: number } {
  let a = 0;
  let b = 0;
  const w = (2 * Math.PI * frequency) / rate;
  pcm.forEach((sample, i) => {
    a += (sample * Math.cos(w * i) * 2) / pcm.length;
    b += (sample * Math.sin(w * i) * 2) / pcm.length;
  });
  let residual = 0;
  pcm.forEach((sample, i) => {
    residual += (sample - a * Math.cos(w * i) - b * Math.sin(w * i)) ** 2 / pcm.length;
  });
  return { signal: (a * a + b * b) / 2, residual };
}

const decibels = (ratio: number): number => 10 * Math.log10(ratio);
const power = (pcm: Int16Array): number => pcm.reduce((sum, sample) => sum + sample * sample, 0) / pcm.length;

/** A second of the tone, converted, without the filter's settling at the start. */
function steadyTone(frequency: number, from: number, to: number): Int16Array {
  const out = new Resampler(from, to).process(sine(frequency, from, from));
  return out.subarray(to / 10, to - (to % 10));
}

describe('resampler', () => {
  it.each(pairs)('%i to %i Hz: 60 dB over everything else in the telephone band, and no loss there', (from, to) => {
    for (const frequency of [300, 1000, 2300, 3300]) {
      const { signal, residual } = fit(steadyTone(frequency, from, to), frequency, to);
      expect(decibels(signal / residual)).toBeGreaterThanOrEqual(60);
      expect(Math.abs(decibels(signal / (20_000 ** 2 / 2)))).toBeLessThan(0.3);
    }
  });

  it.each(pairs.filter(([from, to]) => from > to))('%i to %i Hz: aliases at least 60 dB down', (from, to) => {
    for (const above of [1.03, 1.1, 1.3, 1.6]) {
      const frequency = (to / 2) * above;
      if (frequency >= from / 2) continue;
      expect(decibels(power(steadyTone(frequency, from, to)) / (20_000 ** 2 / 2))).toBeLessThanOrEqual(-60);
    }
  });

  it.each(pairs)('%i to %i Hz: at most 5 ms late, and as late as it says', (from, to) => {
    const resampler = new Resampler(from, to);
    const click = new Int16Array(from / 10).fill(0);
    const at = 441;
    click[at] = 30_000;
    const out = resampler.process(click);
    const peak = out.indexOf(out.reduce((most, sample) => Math.max(most, sample), 0));
    const lateMs = (peak / to - at / from) * 1000;
    expect(resampler.delayMs).toBeLessThanOrEqual(5);
    expect(Math.abs(lateMs - resampler.delayMs)).toBeLessThanOrEqual(1000 / Math.min(from, to));
  });

  it('gives the same samples, and exactly as many as promised, for any cutting into chunks', () => {
    const pair = fc.constantFrom(...pairs);
    fc.assert(
      fc.property(
        pair,
        fc.int16Array({ maxLength: 600 }),
        fc.array(fc.nat(170), { maxLength: 12 }),
        ([from, to], pcm, cuts) => {
          const whole = new Resampler(from, to);
          const expected = [...whole.process(pcm)];
          expect(expected).toHaveLength(Math.ceil((pcm.length * to) / from));

          const pieces = new Resampler(from, to);
          const actual: number[] = [];
          let offset = 0;
          for (const cut of [...cuts, pcm.length]) {
            const chunk = pcm.subarray(offset, offset + cut);
            offset += chunk.length;
            actual.push(...pieces.process(chunk));
            expect(actual).toHaveLength(Math.ceil((offset * to) / from));
          }
          expect(actual).toEqual(expected);
          expect([...pieces.flush()]).toEqual([...whole.flush()]);
        },
      ),
    );
  });

  it('gives 20 ms for every 20 ms from the first chunk on', () => {
    for (const [from, to] of pairs) {
      const resampler = new Resampler(from, to);
      const lengths = Array.from({ length: 50 }, () => resampler.process(new Int16Array(from / 50)).length);
      expect(lengths).toEqual(lengths.map(() => to / 50));
    }
  });

  it('flushes what is still in the filter and is then as new', () => {
    const resampler = new Resampler(16_000, 8000);
    const tone = sine(440, 16_000, 3200);
    const first = [...resampler.process(tone), ...resampler.flush()];
    const lastOfTone = first[Math.round((3150 / 16_000) * 8000 + resampler.delayMs * 8)]!;
    expect(Math.abs(lastOfTone - tone[3150]!)).toBeLessThan(600);
    expect([...resampler.process(tone), ...resampler.flush()]).toEqual(first);
  });

  it('does nothing when the rates are equal', () => {
    const pcm = sine(300, 8000, 160);
    const resampler = new Resampler(8000, 8000);
    expect(resampler.process(pcm)).toBe(pcm);
    expect(resampler.flush()).toHaveLength(0);
    expect(resampler.delayMs).toBe(0);
  });

  it('saturates where the filter overshoots a square wave', () => {
    const square = Int16Array.from({ length: 1600 }, (_, i) => (i % 40 < 20 ? 32_767 : -32_768));
    const resampler = new Resampler(8000, 48_000);
    const out = resampler.process(square);
    const flipped = square.filter((sample, i) => {
      const at = i * 6 + resampler.delayMs * 48;
      return i % 20 > 3 && i % 20 < 17 && at < out.length && Math.sign(out[at]!) !== Math.sign(sample);
    });
    expect(Math.max(...out)).toBe(32_767);
    expect(Math.min(...out)).toBe(-32_768);
    expect(flipped).toHaveLength(0);
  });

  it.each([
    [8000, 0],
    [8000, 4000],
    [96_000, 8000],
    [8000.5, 16_000],
    [Number.NaN, 8000],
    [47_999, 48_000],
  ])('refuses %d to %d Hz', (from, to) => {
    expect(() => new Resampler(from, to)).toThrow(expect.objectContaining({ code: 'unsupported' }));
  });
});
