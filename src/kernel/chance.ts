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
}

/** What goes wrong, in the shares it is told to; whatever is left of 1 goes well. */
export class Faults<K extends string> {
  /** @param shares 1 together at most. */
  constructor(
    private readonly shares: Readonly<Record<K, number>>,
    private readonly chance: Chance,
  ) {}

  /** The next fault, or undefined. */
  draw(): K | undefined {
    let left = this.chance.next();
    for (const fault of Object.keys(this.shares) as K[]) {
      left -= this.shares[fault];
      if (left < 0) return fault;
    }
    return undefined;
  }
}
