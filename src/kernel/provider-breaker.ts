import { ConsecutiveBreaker } from 'cockatiel';
import type { Clock } from './clock.js';

export type BreakerState = 'closed' | 'open' | 'half_open';

export interface BreakerOptions {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** How long it stays open before one attempt may try again. */
  readonly openMs: number;
}

/** One use of a provider. The first of the three that is called counts; what is told later is ignored. */
export interface Attempt {
  succeeded(): void;
  /** @param openMs opens at once and for this long, as when the provider says how long to stay away. */
  failed(openMs?: number): void;
  /** Says nothing about the provider: whoever wanted something of it has gone. */
  abandoned(): void;
}

/**
 * Whether one provider of an ordered list may be asked now. Shared by all sessions.
 *
 * When to open is cockatiel's decision (its ConsecutiveBreaker); the states around it are ours, because cockatiel's
 * policy takes the time from Date.now, lets further calls wait for the half-open one instead of turning them away, and
 * counts an abandoned call as a success. Holds no timers: it is half open as soon as its time is over.
 */
export class ProviderBreaker {
  private readonly decision: ConsecutiveBreaker;
  /** Of the clock; undefined while closed. */
  private openUntil: number | undefined;
  private trying = false;
  private told: BreakerState = 'closed';
  /** Counts the changes, so that an attempt from before the last one is known. */
  private era = 0;

  constructor(
    private readonly clock: Clock,
    private readonly options: BreakerOptions,
    /** Hears of each change once; of `half_open` when an attempt is let in. */
    private readonly onChange: (state: BreakerState) => void = () => undefined,
  ) {
    this.decision = new ConsecutiveBreaker(options.failures);
  }

  get state(): BreakerState {
    if (this.openUntil === undefined) return 'closed';
    return this.trying || this.clock.now() >= this.openUntil ? 'half_open' : 'open';
  }

  /** How long until it is half open; 0 when it is not open. */
  get retryInMs(): number {
    return this.state === 'open' ? this.openUntil! - this.clock.now() : 0;
  }

  /** Undefined while open, and while half open for all but one at a time. */
  enter(): Attempt | undefined {
    const state = this.state;
    if (state === 'open' || this.trying) return undefined;
    if (state === 'half_open') {
      this.trying = true;
      if (this.told !== 'half_open') this.change('half_open');
    }
    return this.attempt(this.era);
  }

  private attempt(era: number): Attempt {
    let told = false;
    const once = (tell: () => void): void => {
      if (told || era !== this.era) return;
      told = true;
      tell();
    };
    return {
      succeeded: () =>
        once(() => {
          this.decision.success();
          if (this.trying) this.close();
        }),
      failed: (openMs) =>
        once(() => {
          // In this order: a failure that opens at once counts, too.
          const tooMany = this.decision.failure();
          if (tooMany || openMs !== undefined || this.trying) this.open(openMs ?? this.options.openMs);
        }),
      abandoned: () => once(() => (this.trying = false)),
    };
  }

  private open(forMs: number): void {
    this.trying = false;
    this.openUntil = this.clock.now() + forMs;
    this.change('open');
  }

  private close(): void {
    this.trying = false;
    this.openUntil = undefined;
    this.change('closed');
  }

  private change(state: BreakerState): void {
    this.era++;
    this.told = state;
    this.onChange(state);
  }
}
