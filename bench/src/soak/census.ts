/** What the server still has, asked from inside. */
export interface Census {
  /** Must be zero when no caller is left. */
  readonly held: Readonly<Record<string, number>>;
  /** Must be no more than before the load. */
  readonly standing: Readonly<Record<string, number>>;
  readonly memory: Memory;
  /** Since the server started. */
  readonly totals: {
    readonly calls: number;
    readonly refused: number;
    readonly dropped: number;
    readonly inferences: number;
  };
}

/** Bytes, after a garbage collection. */
export interface Memory {
  /** What is reachable: heap and the buffers outside of it. */
  readonly live: number;
  readonly resident: number;
}

/** One thing that was counted, and whether that is as it should be. */
export interface Finding {
  readonly name: string;
  readonly before: number;
  readonly after: number;
  readonly passed: boolean;
}

/** Every count of `after`: what is held against zero, what stands against `before`. */
export function compare(before: Census, after: Census): Finding[] {
  const held = Object.entries(after.held).map(([name, count]) => ({
    name,
    before: before.held[name] ?? 0,
    after: count,
    passed: count === 0,
  }));
  const standing = Object.entries(after.standing).map(([name, count]) => {
    const earlier = before.standing[name] ?? 0;
    return { name, before: earlier, after: count, passed: count <= earlier };
  });
  return [...held, ...standing];
}

export interface Slope {
  readonly perX: number;
  /** Standard error: the true slope is within two of them, 95 times in 100. */
  readonly error: number;
}

/** Least squares: how much `y` grows for one `x`. Null with fewer than four points, which say nothing. */
export function slopeOf(points: readonly { readonly x: number; readonly y: number }[]): Slope | null {
  const { length } = points;
  if (length < 4) return null;
  const sum = (of: (point: { x: number; y: number }) => number): number =>
    points.reduce((total, point) => total + of(point), 0);
  const meanX = sum(({ x }) => x) / length;
  const meanY = sum(({ y }) => y) / length;
  const spread = sum(({ x }) => (x - meanX) ** 2);
  if (spread === 0) return null;
  const perX = sum(({ x, y }) => (x - meanX) * (y - meanY)) / spread;
  const rest = sum(({ x, y }) => (y - meanY - perX * (x - meanX)) ** 2);
  return { perX, error: Math.sqrt(rest / (length - 2) / spread) };
}

export type Verdict = 'below target' | 'above target' | 'inconclusive (interval includes the target)';

/** What twice the standard error leaves of the question whether growth is above the target. */
export function judge(target: number, { perX, error }: Slope): Verdict {
  if (perX - 2 * error > target) return 'above target';
  return perX + 2 * error < target ? 'below target' : 'inconclusive (interval includes the target)';
}
