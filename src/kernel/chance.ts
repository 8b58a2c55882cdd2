/** Pseudo-random decisions that come out the same for the same seed (mulberry32). */
export class Chance {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** 0 to 1, without 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** @param rate 0 never, 1 always. */
  happens(rate: number): boolean {
    return this.next() < rate;
  }

  /** One of the outcomes, by their shares, or undefined for the rest. The shares add up to 1 at most. */
  pick<K extends string>(shares: Readonly<Record<K, number>>): K | undefined {
    let left = this.next();
    for (const outcome of Object.keys(shares) as K[]) {
      left -= shares[outcome];
      if (left < 0) return outcome;
    }
    return undefined;
  }
}
