import type { Clock } from '../../kernel/clock.js';

/** As it goes out on the REST route. */
export interface PoolSnapshot {
  readonly name: string;
  readonly ready: boolean;
  /** Idle and bound to no session. */
  readonly warm_pool_size: number;
  readonly warm_pool_target: number;
  readonly max_size: number;
  readonly in_use: number;
  readonly waiting: number;
  /** Sessions that have one, or had one that is still kept for them. */
  readonly active_sessions: number;
  /** The warm set is being filled, or will be tried again. */
  readonly background_warmup: boolean;
  readonly metrics: PoolMetricsSnapshot;
}

interface PoolMetricsSnapshot extends Readonly<Record<PoolCounter, number>> {
  readonly warmup_failures: number;
  readonly last_warmup_error: string | null;
  /** When the snapshot was taken, ms since 1970. */
  readonly timestamp: number;
}

/** Of callers; `warmup_…` of the pool itself. */
export type PoolCounter =
  | 'allocations_total'
  | 'allocations_dedicated'
  | 'allocations_warm'
  | 'allocations_cold'
  | 'wait_timeouts'
  | 'rejected'
  | 'warmup_cycles'
  | 'warmup_retries';

/** Counts since the start of the process. */
export class PoolMetrics {
  private readonly counters: Record<PoolCounter, number> = {
    allocations_total: 0,
    allocations_dedicated: 0,
    allocations_warm: 0,
    allocations_cold: 0,
    wait_timeouts: 0,
    rejected: 0,
    warmup_cycles: 0,
    warmup_retries: 0,
  };
  private warmupFailures = 0;
  private lastWarmupError: string | null = null;

  constructor(private readonly clock: Clock) {}

  count(counter: PoolCounter): void {
    this.counters[counter]++;
  }

  warmupFailed(reason: string): void {
    this.warmupFailures++;
    this.lastWarmupError = reason;
  }

  snapshot(): PoolMetricsSnapshot {
    return {
      ...this.counters,
      warmup_failures: this.warmupFailures,
      last_warmup_error: this.lastWarmupError,
      timestamp: this.clock.wallTime(),
    };
  }
}
