import { SpanStatusCode, trace } from '@opentelemetry/api';
import { Aborted } from '../kernel/abort.js';
import type { Clock } from '../kernel/clock.js';
import { ParleyError, messageOf } from '../kernel/errors.js';
import { SpanName } from '../kernel/telemetry-names.js';
import type { RegisteredStep } from './step-order.js';
import type { StepReport } from './step.js';

export type StepState = 'pending' | 'running' | 'started' | 'failed' | 'stopped';

export interface StepStatus {
  readonly name: string;
  readonly deferred: boolean;
  readonly state: StepState;
  readonly attempts: number;
  readonly durationMs: number;
  readonly summary?: string;
  readonly details?: unknown;
  readonly error?: string;
}

/** Hears of each change; the dashboard, the log and the tests listen. */
export interface LifecycleListener {
  stepStarting?(status: StepStatus): void;
  stepStarted?(status: StepStatus): void;
  stepFailed?(status: StepStatus, retryInMs?: number): void;
  /** `queue`: the deferred steps, which begin now. */
  criticalDone?(statuses: readonly StepStatus[], queue: readonly StepStatus[], totalMs: number): void;
  deferredDone?(statuses: readonly StepStatus[], totalMs: number): void;
  stepStopped?(name: string, durationMs: number, error?: unknown): void;
}

export interface LifecycleTimes {
  readonly deferredRetryMs: number;
  /** How long the deferred task may take to end once it is cancelled. */
  readonly cancelDeferredMs: number;
  /** How long one `stop` may take. */
  readonly stopTimeoutMs: number;
}

const MAX_RETRY_MS = 60_000;
const tracer = trace.getTracer('parley.lifecycle');

interface Entry extends RegisteredStep {
  state: StepState;
  attempts: number;
  durationMs: number;
  report: StepReport;
  error: string | undefined;
}

/** Runs the steps of start-up and, in reverse, of shutdown. */
export class LifecycleManager {
  private readonly critical: Entry[];
  private readonly deferred: Entry[];
  /** In the order in which their `start` ended. */
  private readonly toStop: Entry[] = [];
  private readonly lifetime = new AbortController();
  private criticalTask: Promise<void> | undefined;
  private deferredTask: Promise<void> | undefined;
  private stopping: Promise<void> | undefined;

  constructor(
    steps: { critical: readonly RegisteredStep[]; deferred: readonly RegisteredStep[] },
    private readonly clock: Clock,
    private readonly times: LifecycleTimes,
    private readonly listeners: readonly LifecycleListener[],
  ) {
    const entry = (registered: RegisteredStep): Entry => ({
      ...registered,
      state: 'pending',
      attempts: 0,
      durationMs: 0,
      report: {},
      error: undefined,
    });
    this.critical = steps.critical.map(entry);
    this.deferred = steps.deferred.map(entry);
  }

  get statuses(): StepStatus[] {
    return [...this.critical, ...this.deferred].map(statusOf);
  }

  get criticalReady(): boolean {
    return this.critical.every((entry) => entry.state === 'started');
  }

  get deferredReady(): boolean {
    return this.deferred.every((entry) => entry.state === 'started');
  }

  /**
   * Runs the critical steps in order, then begins the deferred ones in the background. When one fails, those already
   * started are stopped in reverse and the error, which names the step, is thrown.
   */
  async start(): Promise<void> {
    this.criticalTask = this.runCritical();
    try {
      await this.criticalTask;
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.deferredTask = this.runDeferred();
  }

  /** Cancels deferred work, then stops every started step in reverse; an error in one never keeps the others. */
  stop(): Promise<void> {
    return (this.stopping ??= this.doStop());
  }

  private async runCritical(): Promise<void> {
    const startedAt = this.clock.now();
    for (const entry of this.critical) {
      try {
        this.lifetime.signal.throwIfAborted();
        await this.runStep(entry, SpanName.startUp(entry.options.name));
      } catch (error) {
        this.tell('stepFailed', statusOf(entry));
        throw new ParleyError('internal', `Start-up step "${entry.options.name}" failed: ${messageOf(error)}`, false, {
          cause: error,
        });
      }
    }
    this.tell('criticalDone', this.critical.map(statusOf), this.deferred.map(statusOf), this.clock.now() - startedAt);
  }

  /** Each on its own, as soon as those it comes after have started: one that fails holds up no other. */
  private async runDeferred(): Promise<void> {
    const startedAt = this.clock.now();
    const tasks = new Map<string, Promise<void>>();
    for (const entry of this.deferred) {
      const before = (entry.options.after ?? []).flatMap((name) => tasks.get(name) ?? []);
      tasks.set(entry.options.name, this.startDeferred(entry, before));
    }
    await Promise.all(tasks.values());
    if (this.lifetime.signal.aborted) return;
    this.tell('deferredDone', this.deferred.map(statusOf), this.clock.now() - startedAt);
  }

  /** Tries until it succeeds, with growing pauses, or until start-up is cancelled. */
  private async startDeferred(entry: Entry, before: readonly Promise<void>[]): Promise<void> {
    await Promise.all(before);
    const { signal } = this.lifetime;
    let pause = this.times.deferredRetryMs;
    while (entry.state !== 'started' && !signal.aborted) {
      try {
        await this.runStep(entry, SpanName.deferredStartUp(entry.options.name));
      } catch {
        if (signal.aborted) return;
        this.tell('stepFailed', statusOf(entry), pause);
        await this.clock.delay(pause, signal).catch(() => undefined);
        pause = Math.min(pause * 2, MAX_RETRY_MS);
      }
    }
  }

  private async runStep(entry: Entry, spanName: string): Promise<void> {
    const { step, options } = entry;
    const startedAt = this.clock.now();
    entry.state = 'running';
    entry.attempts++;
    entry.error = undefined;
    this.tell('stepStarting', statusOf(entry));
    await tracer.startActiveSpan(spanName, async (span) => {
      try {
        const timeout = new AbortController();
        const signal = AbortSignal.any([this.lifetime.signal, timeout.signal]);
        entry.report =
          (await this.within(options.timeoutMs, step.start(signal), () => {
            timeout.abort(new Aborted('timeout'));
            return `it took longer than ${options.timeoutMs} ms`;
          })) ?? {};
        entry.state = 'started';
        this.toStop.push(entry);
      } catch (error) {
        entry.state = 'failed';
        entry.error = messageOf(error);
        span.recordException(error as Error);
        span.setStatus({ code: SpanStatusCode.ERROR, message: entry.error });
        throw error;
      } finally {
        entry.durationMs = this.clock.now() - startedAt;
        span.end();
      }
    });
    this.tell('stepStarted', statusOf(entry));
  }

  private async doStop(): Promise<void> {
    this.lifetime.abort(new Aborted('shutdown'));
    for (const [name, task] of [
      ['start-up', this.criticalTask?.catch(() => undefined)] as const,
      ['deferred', this.deferredTask] as const,
    ]) {
      if (!task) continue;
      await this.within(this.times.cancelDeferredMs, task, () => 'it did not end when cancelled').catch(
        (error: unknown) => this.tell('stepStopped', name, this.times.cancelDeferredMs, error),
      );
    }
    for (const entry of this.toStop.toReversed()) await this.stopStep(entry);
  }

  private async stopStep(entry: Entry): Promise<void> {
    const { step, options } = entry;
    const startedAt = this.clock.now();
    await tracer.startActiveSpan(SpanName.shutdown(options.name), async (span) => {
      let failure: unknown;
      try {
        if (step.stop)
          await this.within(
            this.times.stopTimeoutMs,
            step.stop(),
            () => `it took longer than ${this.times.stopTimeoutMs} ms`,
          );
      } catch (error) {
        failure = error;
        span.recordException(error as Error);
        span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
      }
      entry.state = 'stopped';
      span.end();
      this.tell('stepStopped', options.name, this.clock.now() - startedAt, failure);
    });
  }

  private async within<T>(limitMs: number, work: Promise<T>, onTimeout: () => string): Promise<T> {
    let timer: { cancel(): void } | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = this.clock.setTimeout(() => reject(new ParleyError('timeout', onTimeout())), limitMs);
    });
    try {
      return await Promise.race([work, timeout]);
    } finally {
      timer?.cancel();
    }
  }

  private tell<K extends keyof LifecycleListener>(
    event: K,
    ...args: Parameters<NonNullable<LifecycleListener[K]>>
  ): void {
    for (const listener of this.listeners)
      (listener[event] as ((...args: unknown[]) => void) | undefined)?.apply(listener, args);
  }
}

function statusOf(entry: Entry): StepStatus {
  return {
    name: entry.options.name,
    deferred: entry.options.deferred ?? false,
    state: entry.state,
    attempts: entry.attempts,
    durationMs: entry.durationMs,
    ...entry.report,
    ...(entry.error === undefined ? {} : { error: entry.error }),
  };
}
