import type { Clock } from '../../kernel/clock.js';
import type { Attempt, BreakerState } from '../../kernel/provider-breaker.js';

export interface LinkBreakerLimits {
  readonly failures: number;
  readonly windowMs: number;
  readonly openMs: number;
}

/**
 * Whether any link of this process may try to connect. Opens with so many failures within a time, whatever succeeds in
 * between: many links, of which each fails slowly, are a load too. ProviderBreaker counts failures in a row.
 */
export class LinkBreaker {
  /** When they happened, of the clock. */
  private failures: number[] = [];
  private openUntil: number | undefined;
  private trying = false;

  constructor(
    private readonly clock: Clock,
    private readonly limits: LinkBreakerLimits,
    private readonly onChange: (state: BreakerState) => void,
  ) {}

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
    const probing = this.openUntil !== undefined;
    if (probing && (this.trying || this.state === 'open')) return undefined;
    if (probing) {
      this.trying = true;
      this.onChange('half_open');
    }
    let told = false;
    const once = (tell: () => void) => (): void => {
      if (told) return;
      told = true;
      tell();
    };
    return {
      succeeded: once(() => probing && this.close()),
      failed: once(() => (probing ? this.open() : this.count())),
      abandoned: once(() => probing && (this.trying = false)),
    };
  }

  private count(): void {
    const now = this.clock.now();
    this.failures = [...this.failures.filter((at) => now - at < this.limits.windowMs), now];
    // Attempts from before it opened say nothing that is not known.
    if (this.openUntil === undefined && this.failures.length >= this.limits.failures) this.open();
  }

  private open(): void {
    this.failures = [];
    this.trying = false;
    this.openUntil = this.clock.now() + this.limits.openMs;
    this.onChange('open');
  }

  private close(): void {
    this.failures = [];
    this.trying = false;
    this.openUntil = undefined;
    this.onChange('closed');
  }
}
