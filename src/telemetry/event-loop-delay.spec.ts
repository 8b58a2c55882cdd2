import { beforeEach, describe, expect, it } from '@jest/globals';
import { EventLoopDelay } from './event-loop-delay.js';

const MS = 1e6;
/** How long its timer takes when nothing is late. */
const INTERVAL_MS = 20;

/** Delays, as Node.js keeps them. */
class Delays {
  private kept: number[] = [];
  enabled = false;

  enable(): boolean {
    return (this.enabled = true);
  }

  note(lateMs: number): void {
    if (this.enabled) this.kept.push((INTERVAL_MS + lateMs) * MS);
  }

  reset(): void {
    this.kept = [];
  }

  percentile(): number {
    return this.max;
  }

  get max(): number {
    return Math.max(0, ...this.kept);
  }
}

describe('the event loop, as it is read', () => {
  let nowMs: number;
  let monitors: Delays[];
  let loop: EventLoopDelay;
  beforeEach(() => {
    nowMs = 0;
    monitors = [];
    loop = new EventLoopDelay(
      () => nowMs,
      () => {
        const monitor = new Delays();
        monitors.push(monitor);
        return monitor;
      },
    );
  });

  const isLate = (ms: number): void => monitors.forEach((monitor) => monitor.note(ms));
  const readAfter = (seconds: number): number => {
    nowMs += seconds * 1000;
    return loop.read().maxMs;
  };

  it('is the same for everybody who reads', () => {
    isLate(80);
    expect(readAfter(1)).toBe(80);
    expect(readAfter(0)).toBe(80);
    expect(readAfter(15)).toBe(80);
  });

  it('has all of the last minute for who reads once a minute, while somebody else reads all the time', () => {
    for (let second = 0; second < 600; second++) {
      if (second === 305) isLate(120);
      readAfter(1);
    }
    const latest = [];
    isLate(70);
    for (let second = 0; second < 60; second++) latest.push(readAfter(1));
    expect(latest.every((ms) => ms === 70)).toBe(true);
  });

  it('forgets what was more than two minutes ago', () => {
    isLate(80);
    const seen = Array.from({ length: 10 }, () => readAfter(15));
    expect(seen.slice(0, 7)).toEqual(Array(7).fill(80));
    expect(seen.at(-1)).toBe(0);
  });

  it('has everything since it was read before, for who reads seldom', () => {
    readAfter(1);
    nowMs += 10_000;
    isLate(80);
    expect(readAfter(290)).toBe(80);
    expect(readAfter(300)).toBe(0);
  });
});

it('a loop that is busy is late, and has much to do', async () => {
  const loop = new EventLoopDelay();
  await new Promise((resolve) => setTimeout(resolve, 2 * INTERVAL_MS));
  const until = performance.now() + 200;
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 2 * INTERVAL_MS));
  const { maxMs, utilization } = loop.read();
  expect(maxMs).toBeGreaterThan(100);
  expect(utilization).toBeGreaterThan(0.3);
  expect(loop.read().maxMs).toBe(maxMs);
});
