import { metrics } from '@opentelemetry/api';
import type { Clock, Timer } from '../../kernel/clock.js';
import { ParleyError, messageOf } from '../../kernel/errors.js';
import { type Attempt, type BreakerState, ProviderBreaker } from '../../kernel/provider-breaker.js';
import { OWN_USE } from '../pool/own-use.js';
import type { Lease, SpeechPool } from '../pool/speech-pool.js';

export interface ProviderOptions<D, R> {
  readonly kind: 'stt' | 'tts';
  readonly driver: D;
  readonly pool: SpeechPool<R>;
  /** Asks for something small; rejects when it does not get it. */
  readonly probe: (resource: R, signal: AbortSignal) => Promise<void>;
  readonly breaker: { readonly failures: number; readonly openMs: number };
  /** How long a probe may take. */
  readonly probeMs: number;
  readonly clock: Clock;
  readonly onIncident: (message: string) => void;
}

export interface ProviderStatus {
  readonly provider: string;
  readonly state: BreakerState;
  /** Until it is tried again. */
  readonly retry_in_ms?: number;
  readonly last_error?: string;
}

/** One driver of an ordered list: what it lends, and whether it may be asked. Shared by all sessions. */
export class SpeechProvider<D extends { readonly name: string; readonly languages: readonly string[] }, R> {
  private readonly breaker: ProviderBreaker;
  private readonly stopped = new AbortController();
  private readonly errors = metrics
    .getMeter('parley.speech')
    .createCounter('voice.speech.provider_errors', { description: 'Failures of speech services, by provider' });
  private probing: Timer | undefined;
  private lastError: string | undefined;
  private failing = false;

  constructor(private readonly options: ProviderOptions<D, R>) {
    this.breaker = new ProviderBreaker(options.clock, options.breaker, (state) => this.onChange(state));
  }

  get kind(): 'stt' | 'tts' {
    return this.options.kind;
  }

  get driver(): D {
    return this.options.driver;
  }

  get name(): string {
    return this.options.driver.name;
  }

  get pool(): SpeechPool<R> {
    return this.options.pool;
  }

  /** Whether sessions are to ask it: one that has failed is left to the probe. */
  get isHealthy(): boolean {
    return this.breaker.state === 'closed';
  }

  /** Runs in this process: there is nobody to spare, and nothing to be gained by not asking it. */
  get isLocal(): boolean {
    return ['embedded', 'scripted'].includes(this.name);
  }

  get status(): ProviderStatus {
    const { state, retryInMs } = this.breaker;
    return {
      provider: this.name,
      state,
      ...(retryInMs > 0 && { retry_in_ms: Math.round(retryInMs) }),
      ...(this.failing && this.lastError !== undefined && { last_error: this.lastError }),
    };
  }

  speaks(language: string | undefined): boolean {
    return language === undefined || this.driver.languages.includes(language.split('-')[0]!.toLowerCase());
  }

  /** Rejects as the pool does; that it could not build one is a failure of the provider. */
  async acquire(sessionId: string, timeoutMs: number, signal: AbortSignal): Promise<Lease<R>> {
    try {
      return await this.pool.acquire(sessionId, { timeoutMs, signal });
    } catch (error) {
      if (!signal.aborted && hasCode(error, 'build_failed')) this.begin().failed(error);
      throw error;
    }
  }

  /** One use of it. Also when it should not be asked: then it is the last one left. */
  begin(): Use {
    const attempt: Attempt | undefined = this.breaker.enter();
    return {
      succeeded: () => {
        if (this.isHealthy) this.failing = false;
        attempt?.succeeded();
      },
      failed: (error) => {
        this.note(error);
        attempt?.failed();
      },
      abandoned: () => attempt?.abandoned(),
    };
  }

  stop(): void {
    this.probing?.cancel();
    this.stopped.abort(new ParleyError('draining', 'speech is closing'));
  }

  private note(error: unknown): void {
    const { kind, onIncident } = this.options;
    this.lastError = messageOf(error);
    this.errors.add(1, { kind, provider: this.name });
    if (!this.failing) onIncident(`${kind} ${this.name} has failed: ${this.lastError}`);
    this.failing = true;
  }

  private onChange(state: BreakerState): void {
    const { kind, onIncident } = this.options;
    if (state === 'open') {
      onIncident(`${kind} ${this.name} is not asked any more: ${this.lastError ?? 'it fails'}`);
      this.probeLater();
    }
    if (state === 'closed') {
      this.failing = false;
      onIncident(`${kind} ${this.name} answers again`);
    }
  }

  private probeLater(): void {
    this.probing?.cancel();
    if (this.stopped.signal.aborted) return;
    if (this.isHealthy) return;
    const delayMs = this.breaker.state === 'open' ? this.breaker.retryInMs : this.options.breaker.openMs;
    this.probing = this.options.clock.setTimeout(() => void this.probe(), delayMs);
  }

  private async probe(): Promise<void> {
    const attempt = this.breaker.enter();
    // The timer was a little early, or somebody who had no other choice is trying already, and may give up.
    if (!attempt) return this.probeLater();
    const { pool, clock, probeMs } = this.options;
    const late = new AbortController();
    const signal = AbortSignal.any([late.signal, this.stopped.signal]);
    const deadline = clock.setTimeout(
      () => late.abort(new ParleyError('timeout', `no answer within ${probeMs} ms`, true)),
      probeMs,
    );
    try {
      const lease = await pool.acquire(OWN_USE.probe, { timeoutMs: probeMs, signal });
      try {
        await this.options.probe(lease.resource, signal);
      } finally {
        lease.release();
        pool.endSession(OWN_USE.probe);
      }
      attempt.succeeded();
    } catch (error) {
      if (this.stopped.signal.aborted) return attempt.abandoned();
      this.lastError = messageOf(error);
      attempt.failed();
    } finally {
      deadline.cancel();
    }
  }
}

/** How one use of a provider ended; the first that is told counts. */
export interface Use {
  succeeded(): void;
  failed(error: unknown): void;
  abandoned(): void;
}

function hasCode(error: unknown, code: ParleyError['code']): boolean {
  return error instanceof ParleyError && error.code === code;
}
