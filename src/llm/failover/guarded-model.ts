import { Aborted, childController, untilAborted } from '../../kernel/abort.js';
import type { Clock, Timer } from '../../kernel/clock.js';
import { messageOf } from '../../kernel/errors.js';
import {
  type Attempt,
  type BreakerOptions,
  type BreakerState,
  ProviderBreaker,
} from '../../kernel/provider-breaker.js';
import type { LlmClient, LlmModelStatus } from '../llm-client.js';
import { LlmError, type LlmFault } from '../llm-error.js';

export type LlmLog = (level: 'info' | 'warn' | 'error', line: string) => void;

export interface GuardOptions extends BreakerOptions {
  /** What a probe may take. */
  readonly probeMs: number;
}

const SHORTEST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 300_000;

/** For a model in this process: it is asked whatever happened before. */
const ALWAYS: Attempt = { succeeded: () => undefined, failed: () => undefined, abandoned: () => undefined };

/**
 * One model of the list and how it is doing. After failures it is left alone for a while, then tried with a small request
 * of our own, and only asked by callers again once that has worked.
 */
export class GuardedModel {
  /** Undefined for a local one. */
  private readonly breaker: ProviderBreaker | undefined;
  private readonly closing = new AbortController();
  private probing: Timer | undefined;
  /** What was logged last, until it works again. */
  private lastFault: LlmFault | 'failed' | undefined;
  private lastProblem = '';

  /** @param local runs in this process: has no deadlines, and no pauses. */
  constructor(
    readonly client: LlmClient,
    readonly local: boolean,
    private readonly clock: Clock,
    private readonly options: GuardOptions,
    private readonly log: LlmLog,
  ) {
    if (!local) this.breaker = new ProviderBreaker(clock, options, (state) => this.onChange(state));
  }

  get name(): string {
    return this.client.name;
  }

  get state(): BreakerState {
    return this.breaker?.state ?? 'closed';
  }

  get status(): LlmModelStatus {
    return { name: this.name, state: this.state };
  }

  /** Undefined while it is to be left alone. */
  enter(): Attempt | undefined {
    return this.breaker ? this.breaker.enter() : ALWAYS;
  }

  succeeded(attempt: Attempt): void {
    this.lastFault = undefined;
    attempt.succeeded();
  }

  /** Logs a fault when it is another than before. */
  failed(attempt: Attempt, error: unknown): void {
    if (error instanceof LlmError && error.isOfTheRequest) {
      attempt.succeeded();
      return;
    }
    const fault = error instanceof LlmError ? error.fault : 'failed';
    this.lastProblem = messageOf(error);
    if (fault !== this.lastFault) this.log(fault === 'misconfigured' ? 'error' : 'warn', this.describe());
    this.lastFault = fault;
    attempt.failed(this.pauseAfter(error));
  }

  /** One cheap request, in which the breaker has its say, too. */
  async tryOut(parent: AbortSignal, limitMs: number): Promise<boolean> {
    const attempt = this.enter();
    if (!attempt) return false;
    const controller = childController(parent);
    const late = (): void => controller.abort(new LlmError('slow', `a trial took longer than ${limitMs} ms`));
    const timer = this.clock.setTimeout(late, limitMs);
    try {
      const works = await untilAborted(this.client.warmUp(controller.signal), controller.signal);
      if (!works) throw new LlmError('broken_stream', `${this.name}: a trial brought no answer`);
      this.succeeded(attempt);
      return true;
    } catch (error) {
      if (parent.aborted) attempt.abandoned();
      else this.failed(attempt, error);
      return false;
    } finally {
      timer.cancel();
      controller.abort(new Aborted('completed'));
    }
  }

  close(): Promise<void> {
    this.closing.abort(new Aborted('shutdown'));
    this.probing?.cancel();
    return this.client.close();
  }

  /** Undefined: as the breaker thinks. */
  private pauseAfter(error: unknown): number | undefined {
    if (!(error instanceof LlmError)) return undefined;
    // Nothing gets better by asking again.
    if (error.fault === 'misconfigured') return this.options.openMs;
    if (error.retryAfterMs === undefined) return undefined;
    return Math.min(Math.max(error.retryAfterMs, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS);
  }

  private onChange(state: BreakerState): void {
    if (this.closing.signal.aborted) return;
    if (state === 'closed') this.log('info', `${this.name} works again`);
    if (state !== 'open') return;
    const pauseMs = this.breaker!.retryInMs;
    this.log('warn', `${this.name} is not asked for ${Math.round(pauseMs)} ms. ${this.lastProblem}`);
    this.probeIn(pauseMs);
  }

  private probeIn(delayMs: number): void {
    this.probing?.cancel();
    this.probing = this.clock.setTimeout(() => {
      this.probing = undefined;
      void this.tryOut(this.closing.signal, this.options.probeMs).then(() => {
        if (this.state === 'closed' || this.probing || this.closing.signal.aborted) return;
        // A timer may come a moment early; or somebody else was trying it, and left without a verdict.
        this.probeIn(Math.max(1, this.breaker!.retryInMs || this.options.openMs));
      });
    }, delayMs);
  }

  private describe(): string {
    return this.lastProblem.startsWith(this.name) ? this.lastProblem : `${this.name}: ${this.lastProblem}`;
  }
}
