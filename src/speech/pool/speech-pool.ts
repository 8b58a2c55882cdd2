import { Aborted } from '../../kernel/abort.js';
import type { Timer } from '../../kernel/clock.js';
import { ParleyError, messageOf } from '../../kernel/errors.js';
import { buildResource, untilAborted, type ResourceFactory } from './build-resource.js';
import { isOwnUse } from './own-use.js';
import { type PoolCounter, PoolMetrics, type PoolSnapshot } from './pool-metrics.js';
import { Waiter } from './waiter.js';

export interface SpeechPoolOptions<T> extends ResourceFactory<T> {
  /** How many are kept ready for whoever comes next. */
  readonly warmSize: number;
  /** How many there may be in all, in use or not. */
  readonly maxSize: number;
  /** How many requests may wait. */
  readonly maxWaiting: number;
}

/** `dedicated`: the session had it before; `warm`: it was ready; `cold`: it was built for this request. */
export type LeaseTier = 'dedicated' | 'warm' | 'cold';

export interface Lease<T> {
  readonly resource: T;
  readonly tier: LeaseTier;
  /** Gives it back; the session finds it again as long as nobody else needs it. Idempotent. */
  release(): void;
  /** Gives it back broken: it is disposed of and replaced. Idempotent, and nothing after `release`. */
  discard(): void;
}

export interface AcquireOptions {
  /** How long to wait at most. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;

/**
 * Recognisers or synthesisers that are costly to build, leased to sessions: a few kept warm, never more than `maxSize`,
 * and a bounded queue, first come, first served, in front of them.
 */
export class SpeechPool<T> {
  private readonly entries = new Set<Entry<T>>();
  private readonly waiters = new Set<Waiter<Lease<T>>>();
  private readonly metrics: PoolMetrics;
  private readonly closed = new AbortController();
  private warmBuilds = 0;
  private demandBuilds = 0;
  private isReady = false;
  private isDraining = false;
  private retryMs = FIRST_RETRY_MS;
  private retryTimer: Timer | undefined;
  private closing: Promise<void> | undefined;
  private readonly onDrained: (() => void)[] = [];

  constructor(private readonly options: SpeechPoolOptions<T>) {
    this.metrics = new PoolMetrics(options.clock);
  }

  /**
   * Fills the warm set, all at once, and is ready then whatever came of it: what could not be built is tried again in the
   * background, and requests are served by building on demand. Rejects only if `signal` aborts.
   */
  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await untilAborted(Promise.all(this.refill()), signal);
    this.isReady = true;
  }

  /**
   * Rejects with `at_capacity` when too many are waiting already; after `timeoutMs` with `timeout` when all were in use, with
   * `build_failed` when building one took too long; with `draining` when the pool no longer serves, `build_failed` when
   * one was built for this request and could not be, or the signal's reason.
   */
  acquire(sessionId: string, { timeoutMs, signal }: AcquireOptions): Promise<Lease<T>> {
    const { name, maxWaiting, clock } = this.options;
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    if (this.isDraining) return Promise.reject(this.closes());
    const waiter = new Waiter<Lease<T>>(sessionId, this.waiters);
    this.serve();
    if (!waiter.isWaiting) return waiter.promise;
    if (this.waiters.size - this.demandBuilds > maxWaiting) {
      this.count(sessionId, 'rejected');
      waiter.reject(new ParleyError('at_capacity', `no ${name} is free, and ${maxWaiting} requests wait`, true));
      return waiter.promise;
    }
    const giveUp = (): void => {
      this.count(sessionId, 'wait_timeouts');
      waiter.reject(
        this.entries.size < this.options.maxSize
          ? new ParleyError('build_failed', `no ${name} could be built within ${timeoutMs} ms`, true)
          : new ParleyError('timeout', `no ${name} became free within ${timeoutMs} ms`, true),
      );
    };
    waiter.waitUntil(clock.setTimeout(giveUp, timeoutMs), signal);
    return waiter.promise;
  }

  /** The session has ended: what it had before may go to anybody. */
  endSession(sessionId: string): void {
    for (const entry of this.entries) if (entry.sessionId === sessionId && !entry.isLeased) entry.sessionId = undefined;
    this.trim();
    this.serve();
  }

  /** Whether all that there may be are in use. */
  get isExhausted(): boolean {
    return this.entries.size >= this.options.maxSize && [...this.entries].every((entry) => entry.isLeased);
  }

  snapshot(): PoolSnapshot {
    const entries = [...this.entries];
    return {
      name: this.options.name,
      ready: this.isReady,
      warm_pool_size: entries.filter(isWarm).length,
      warm_pool_target: this.options.warmSize,
      max_size: this.options.maxSize,
      in_use: entries.filter((entry) => entry.isLeased).length,
      waiting: this.waiters.size,
      active_sessions: new Set(entries.map((entry) => entry.sessionId).filter((id) => id !== undefined)).size,
      background_warmup: this.warmBuilds > 0 || this.retryTimer !== undefined,
      metrics: this.metrics.snapshot(),
    };
  }

  /** No more leases; resolves when the last one has come back. */
  async drain(): Promise<void> {
    this.isDraining = true;
    this.retryTimer?.cancel();
    this.retryTimer = undefined;
    for (const waiter of this.waiters) waiter.reject(this.closes());
    await new Promise<void>((resolve) => {
      this.onDrained.push(resolve);
      this.checkDrained();
    });
  }

  /** At once: what is leased is disposed of when it comes back. Resolves when everything else is gone. */
  close(): Promise<void> {
    return (this.closing ??= this.doClose());
  }

  private async doClose(): Promise<void> {
    void this.drain();
    this.isReady = false;
    this.closed.abort(new Aborted('shutdown', `the ${this.options.name} pool was closed`));
    const idle = [...this.entries].filter((entry) => !entry.isLeased);
    await Promise.all(idle.map((entry) => this.dispose(entry)));
  }

  /** Gives what is there to those who wait, and builds for the rest as far as there is room. */
  private serve(): void {
    for (const waiter of this.waiters) {
      const entry = this.choose(waiter.sessionId);
      if (!entry) break;
      waiter.resolve(this.lease(entry, waiter.sessionId));
    }
    while (this.demandBuilds < this.waiters.size && this.hasRoom()) void this.buildOnDemand();
    if (!this.isDraining) void this.refill();
  }

  /** Another session's is taken only when there is no room for a new one. */
  private choose(sessionId: string): Entry<T> | undefined {
    const idle = [...this.entries].filter((entry) => !entry.isLeased);
    return (
      idle.find((entry) => entry.sessionId === sessionId) ??
      idle.find((entry) => entry.sessionId === undefined) ??
      (this.hasRoom() || this.demandBuilds > 0 ? undefined : idle[0])
    );
  }

  private lease(entry: Entry<T>, sessionId: string): Lease<T> {
    const tier: LeaseTier = entry.sessionId === sessionId ? 'dedicated' : entry.isBuiltOnDemand ? 'cold' : 'warm';
    this.count(sessionId, 'allocations_total');
    this.count(sessionId, `allocations_${tier}`);
    entry.sessionId = sessionId;
    entry.isLeased = true;
    entry.isBuiltOnDemand = false;
    let isOver = false;
    const giveBack = (broken: boolean): void => {
      if (isOver) return;
      isOver = true;
      entry.isLeased = false;
      if (broken || this.isDraining) void this.dispose(entry);
      // To the end: the one that has been idle longest is the first to be taken from its session.
      else {
        this.entries.delete(entry);
        this.entries.add(entry);
      }
      this.checkDrained();
      this.serve();
    };
    return { resource: entry.resource, tier, release: () => giveBack(false), discard: () => giveBack(true) };
  }

  /** What callers get, and do not get. */
  private count(sessionId: string, counter: PoolCounter): void {
    if (!isOwnUse(sessionId)) this.metrics.count(counter);
  }

  private hasRoom(): boolean {
    return !this.isDraining && this.entries.size + this.warmBuilds + this.demandBuilds < this.options.maxSize;
  }

  private async buildOnDemand(): Promise<void> {
    this.demandBuilds++;
    try {
      const resource = await buildResource(this.options, this.closed.signal);
      this.add(resource, true);
    } catch (error) {
      const [first] = this.waiters;
      first?.reject(
        new ParleyError('build_failed', `no ${this.options.name} could be built: ${messageOf(error)}`, true, {
          cause: error,
        }),
      );
    } finally {
      this.demandBuilds--;
      this.serve();
      this.trim();
    }
  }

  /** Starts building what the warm set lacks. */
  private refill(): Promise<void>[] {
    if (this.retryTimer) return [];
    const builds: Promise<void>[] = [];
    const lacks = (): boolean => [...this.entries].filter(isWarm).length + this.warmBuilds < this.options.warmSize;
    while (lacks() && this.hasRoom()) builds.push(this.buildWarm());
    if (builds.length > 0) this.metrics.count('warmup_cycles');
    return builds;
  }

  private async buildWarm(): Promise<void> {
    this.warmBuilds++;
    try {
      const resource = await buildResource(this.options, this.closed.signal);
      this.add(resource, false);
      this.retryMs = FIRST_RETRY_MS;
      this.warmBuilds--;
      this.serve();
    } catch (error) {
      this.warmBuilds--;
      this.metrics.warmupFailed(messageOf(error));
      this.retryLater();
    }
  }

  private retryLater(): void {
    if (this.isDraining || this.retryTimer) return;
    this.retryTimer = this.options.clock.setTimeout(() => {
      this.retryTimer = undefined;
      this.metrics.count('warmup_retries');
      void this.refill();
    }, this.retryMs);
    this.retryMs = Math.min(LONGEST_RETRY_MS, this.retryMs * 2);
  }

  private add(resource: T, isBuiltOnDemand: boolean): void {
    const entry: Entry<T> = { resource, sessionId: undefined, isLeased: false, isBuiltOnDemand };
    this.entries.add(entry);
    if (this.isDraining) void this.dispose(entry);
  }

  /** What is idle, belongs to nobody and is more than the warm set is let go. */
  private trim(): void {
    if (this.waiters.size > 0) return;
    const surplus = [...this.entries].filter(isWarm).slice(this.options.warmSize);
    for (const entry of surplus) void this.dispose(entry);
  }

  private async dispose(entry: Entry<T>): Promise<void> {
    if (!this.entries.delete(entry)) return;
    // A connection that is broken may fail to close as well; there is nothing left to do about it.
    await this.options.dispose(entry.resource).catch(() => undefined);
  }

  private closes(): ParleyError {
    return new ParleyError('draining', `the ${this.options.name} pool is closing`, true);
  }

  private checkDrained(): void {
    if (this.isDraining && ![...this.entries].some((entry) => entry.isLeased))
      for (const resolve of this.onDrained.splice(0)) resolve();
  }
}

interface Entry<T> {
  readonly resource: T;
  /** Who has it, or had it last and may want it again. */
  sessionId: string | undefined;
  isLeased: boolean;
  /** Until it is leased for the first time. */
  isBuiltOnDemand: boolean;
}

function isWarm(entry: Entry<unknown>): boolean {
  return !entry.isLeased && entry.sessionId === undefined;
}
