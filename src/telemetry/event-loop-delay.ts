import { type EventLoopUtilization, monitorEventLoopDelay, performance } from 'node:perf_hooks';

/** Finer costs more than it tells. */
const RESOLUTION_MS = 20;
/** What is read is of so long at least, and of twice as long at most where somebody reads often enough. */
const WINDOW_MS = 60_000;
const NANOSECONDS = 1e6;

/** How late the event loop was, ms, and the share of the time in which it had something to do, 0 to 1. */
export interface EventLoopFigures {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly utilization: number;
}

interface Window {
  readonly since: number;
  readonly delays: Pick<ReturnType<typeof monitorEventLoopDelay>, 'percentile' | 'max' | 'reset' | 'enable'>;
  readonly busyBefore: EventLoopUtilization;
}

/**
 * The event loop of the last minute or two, however many read it and how often: of two windows that overlap, what is read is
 * the longer one, and none begins anew because somebody has read it.
 */
export class EventLoopDelay {
  private older: Window;
  private newer: Window;

  /** @param now monotonic ms @param monitor makes one that is enabled here, and reset */
  constructor(
    private readonly now: () => number = () => performance.now(),
    monitor: () => Window['delays'] = () => monitorEventLoopDelay({ resolution: RESOLUTION_MS }),
  ) {
    const begin = (): Window => {
      const delays = monitor();
      delays.enable();
      return this.windowOf(delays);
    };
    this.older = begin();
    this.newer = begin();
  }

  read(): EventLoopFigures {
    if (this.now() - this.newer.since >= WINDOW_MS) this.moveOn();
    const { delays, busyBefore } = this.older;
    // It measures whole intervals of its timer.
    const lateness = (ns: number): number => Math.max(0, ns / NANOSECONDS - RESOLUTION_MS);
    return {
      p50Ms: lateness(delays.percentile(50)),
      p99Ms: lateness(delays.percentile(99)),
      maxMs: lateness(delays.max),
      utilization: performance.eventLoopUtilization(performance.eventLoopUtilization(), busyBefore).utilization,
    };
  }

  private moveOn(): void {
    const { delays } = this.older;
    delays.reset();
    this.older = this.newer;
    this.newer = this.windowOf(delays);
  }

  private windowOf(delays: Window['delays']): Window {
    return { since: this.now(), delays, busyBefore: performance.eventLoopUtilization() };
  }
}
