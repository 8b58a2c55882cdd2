import { describe, expect, it } from '@jest/globals';
import { percentilesOf, Samples } from './samples.ts';

describe('samples', () => {
  it('keeps everything that is added, however much it is', () => {
    const samples = new Samples();
    for (let i = 0; i < 5000; i++) samples.add(i);
    const all = samples.toArray();
    expect(all).toHaveLength(5000);
    expect(all[4999]).toBe(4999);
  });

  it('takes percentiles by nearest rank over all parts', () => {
    const first = Float64Array.from({ length: 50 }, (_, i) => 100 - i);
    const second = Float64Array.from({ length: 50 }, (_, i) => i + 1);
    expect(percentilesOf([first, second])).toEqual({ count: 100, p50: 50, p95: 95, p99: 99, max: 100 });
  });

  it('gives a single sample as every percentile', () => {
    expect(percentilesOf([Float64Array.of(7)])).toEqual({ count: 1, p50: 7, p95: 7, p99: 7, max: 7 });
  });

  it('has no figure for nothing', () => {
    expect(percentilesOf([new Float64Array(0)])).toBeNull();
  });
});
