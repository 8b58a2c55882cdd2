/** A growing list of numbers without a boxed number in it. */
export class Samples {
  private values = new Float64Array(1024);
  private count = 0;

  add(value: number): void {
    if (this.count === this.values.length) {
      const larger = new Float64Array(this.values.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.count++] = value;
  }

  toArray(): Float64Array {
    return this.values.slice(0, this.count);
  }
}

export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Nearest-rank percentiles; null without a sample, because a figure of nothing is not 0. */
export function percentilesOf(parts: readonly Float64Array[]): Percentiles | null {
  const count = parts.reduce((sum, part) => sum + part.length, 0);
  if (count === 0) return null;
  const sorted = new Float64Array(count);
  let at = 0;
  for (const part of parts) {
    sorted.set(part, at);
    at += part.length;
  }
  sorted.sort();
  const rank = (p: number): number => sorted[Math.max(0, Math.ceil((p / 100) * count) - 1)]!;
  return { count, p50: rank(50), p95: rank(95), p99: rank(99), max: sorted[count - 1]! };
}
