import type { Lease } from '../pool/speech-pool.js';
import type { SpeechProvider } from './speech-provider.js';

interface Named {
  readonly name: string;
  readonly languages: readonly string[];
}

export interface Seat<D extends Named, R> {
  readonly provider: SpeechProvider<D, R>;
  readonly resource: R;
}

/** What one session has borrowed, of which provider; of those it never needs, nothing. */
export class Seats<D extends Named, R> {
  private readonly taken = new Map<SpeechProvider<D, R>, { readonly seat: Seat<D, R>; readonly lease: Lease<R> }>();
  private readonly asked = new Map<SpeechProvider<D, R>, Promise<Seat<D, R>>>();
  private readonly refused = new Set<SpeechProvider<D, R>>();
  private readonly closed = new AbortController();

  constructor(
    readonly providers: readonly SpeechProvider<D, R>[],
    private readonly sessionId: string,
    private readonly waitMs: number,
    /** For each that has been borrowed: what it remembers may be somebody else's. */
    private readonly welcome: (resource: R) => void = () => undefined,
  ) {}

  /** What is here already; the same object for as long as it is. */
  at(provider: SpeechProvider<D, R>): Seat<D, R> | undefined {
    return this.taken.get(provider)?.seat;
  }

  /** Whether it had none the last time one was wanted, or has not come up with one yet. */
  hasRefused(provider: SpeechProvider<D, R>): boolean {
    return this.refused.has(provider);
  }

  /** Borrows one if there is none. Rejects as the pool does, or with the reason of `signal` or of `close`. */
  take(provider: SpeechProvider<D, R>, signal?: AbortSignal, waitMs = this.waitMs): Promise<Seat<D, R>> {
    const seat = this.at(provider);
    if (seat) return Promise.resolve(seat);
    let asking = this.asked.get(provider);
    if (!asking) {
      asking = this.borrow(provider, waitMs, signal).finally(() => this.asked.delete(provider));
      this.asked.set(provider, asking);
    }
    return asking;
  }

  /** Gives back what others than this one have lent. */
  keepOnly(provider: SpeechProvider<D, R>): void {
    for (const [other, { lease }] of this.taken) {
      if (other === provider) continue;
      this.taken.delete(other);
      lease.release();
      other.pool.endSession(this.sessionId);
    }
  }

  /** Idempotent; what is lent later is given back at once. */
  close(): void {
    this.closed.abort(new Error('the session has given back its speech'));
    for (const [provider, { lease }] of this.taken) {
      lease.release();
      provider.pool.endSession(this.sessionId);
    }
    this.taken.clear();
  }

  private async borrow(provider: SpeechProvider<D, R>, waitMs: number, signal?: AbortSignal): Promise<Seat<D, R>> {
    const either = signal ? AbortSignal.any([signal, this.closed.signal]) : this.closed.signal;
    this.refused.add(provider);
    const lease = await provider.acquire(this.sessionId, waitMs, either);
    this.refused.delete(provider);
    if (this.closed.signal.aborted) {
      lease.release();
      provider.pool.endSession(this.sessionId);
      throw this.closed.signal.reason as Error;
    }
    this.welcome(lease.resource);
    const seat = { provider, resource: lease.resource };
    this.taken.set(provider, { seat, lease });
    return seat;
  }
}

/**
 * Those that speak the language, or all if none does; the healthy ones first, in their order, then the others: to ask one
 * that has failed before is better than to give up.
 */
export function inOrderOfChoice<D extends Named, R>(
  providers: readonly SpeechProvider<D, R>[],
  language: string | undefined,
): SpeechProvider<D, R>[] {
  const able = providers.filter((provider) => provider.speaks(language));
  const all = able.length > 0 ? able : providers;
  return [...all.filter((provider) => provider.isHealthy), ...all.filter((provider) => !provider.isHealthy)];
}
