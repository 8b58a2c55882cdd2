import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '../../kernel/clock.js';

/** How late the event loop is. */
export abstract class EventLoopProbe {
  abstract start(): void;
  /** The delay since it was last read, ms; 0 for an idle loop. */
  abstract read(): number;
  abstract stop(): void;
}

const RESOLUTION_MS = 10;
const NANOSECONDS = 1e6;
const WINDOWS = 4;

/**
 * The p99 of each window between two reads. What counts is the second highest of the last four windows: a single pause
 * (garbage collection, a model being loaded) is no overload, two within them are.
 */
export class NodeEventLoopProbe extends EventLoopProbe {
  private readonly windows: number[] = [];
  private readonly histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private lastRead = 0;

  /** @param everyMs how often it is going to be read. */
  constructor(
    private readonly everyMs: number,
    private readonly clock: Clock,
  ) {
    super();
  }

  start(): void {
    this.lastRead = this.clock.now();
    this.histogram.enable();
  }

  read(): number {
    const now = this.clock.now();
    // The histogram misses a delay across its reset, thus all of them when they are longer than a window.
    const lateMs = now - this.lastRead - this.everyMs;
    this.lastRead = now;
    this.windows.push(Math.max(lateMs, this.histogramDelayMs(), 0));
    if (this.windows.length > WINDOWS) this.windows.shift();
    return this.windows.toSorted((a, b) => b - a)[1] ?? 0;
  }

  stop(): void {
    this.histogram.disable();
  }

  /** The histogram holds intervals between ticks, which take as long as its resolution when nothing is late. */
  private histogramDelayMs(): number {
    if (this.histogram.count === 0) return 0;
    const p99Ms = this.histogram.percentile(99) / NANOSECONDS;
    this.histogram.reset();
    return p99Ms - RESOLUTION_MS;
  }
}
