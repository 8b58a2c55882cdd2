import type { SherpaConfig } from '../../../config/sherpa.config.js';
import type { Timer } from '../../../kernel/clock.js';
import { ParleyError, type ErrorCode } from '../../../kernel/errors.js';
import type { ModelTask } from './find-model.js';
import type { JobAnswer, LoadedModel } from './messages.js';
import { ModelProcesses, type ModelProcessesOptions } from './model-processes.js';

interface Task<Result> {
  readonly job: object;
  /** A process has it: its own time begins. */
  readonly begin: () => void;
  readonly settle: (outcome: { readonly result: Result } | { readonly failure: Error }) => void;
}

/** Processes that do one job at a time, first come, first served. */
export class JobPool<Job extends object, Result> {
  private readonly processes: ModelProcesses;
  private readonly queue = new Set<Task<Result>>();
  /** What each process is at, by its index. */
  private readonly busy = new Map<number, { readonly task: Task<Result>; readonly watchdog: Timer }>();
  private isClosed = false;

  constructor(
    task: ModelTask,
    config: SherpaConfig,
    options: ModelProcessesOptions,
    private readonly failureCode: ErrorCode,
  ) {
    this.processes = new ModelProcesses(task, config, options, {
      onReady: () => this.dispatch(),
      onAnswer: (index, message) => this.receive(index, message as JobAnswer<Result>),
      onLost: (index, reason) => {
        this.release(index)?.settle({ failure: new ParleyError(failureCode, reason.message, true, { cause: reason }) });
      },
    });
  }

  get loaded(): LoadedModel | undefined {
    return this.processes.loaded;
  }

  start(signal: AbortSignal): Promise<void> {
    return this.processes.start(signal);
  }

  /**
   * Rejects with the signal's reason as soon as it aborts; a job that is being done is then done in vain. Rejects with
   * the pool's error code when the process dies or hangs, or when none is free for as long.
   */
  run(job: Job, signal: AbortSignal): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      if (this.isClosed) return reject(new ParleyError(this.failureCode, 'the model was closed'));
      const { clock, hangMs } = this.processes;
      const onAbort = (): void => task.settle({ failure: signal.reason as Error });
      const task: Task<Result> = {
        job,
        begin: () => patience.cancel(),
        settle: (outcome) => {
          this.queue.delete(task);
          patience.cancel();
          signal.removeEventListener('abort', onAbort);
          if ('result' in outcome) resolve(outcome.result);
          else reject(outcome.failure);
        },
      };
      const late = new ParleyError(this.failureCode, `no process was free for ${hangMs} ms`, true);
      const patience = clock.setTimeout(() => task.settle({ failure: late }), hangMs);
      signal.addEventListener('abort', onAbort, { once: true });
      this.queue.add(task);
      this.dispatch();
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const failure = new ParleyError(this.failureCode, 'the model was closed');
    for (const task of this.queue) task.settle({ failure });
    for (const index of this.busy.keys()) this.release(index)?.settle({ failure });
    await this.processes.close();
  }

  private dispatch(): void {
    for (const task of this.queue) {
      const index = this.processes.ready.find((candidate) => !this.busy.has(candidate));
      if (index === undefined) return;
      this.queue.delete(task);
      task.begin();
      const { clock, hangMs } = this.processes;
      this.busy.set(index, { task, watchdog: clock.setTimeout(() => this.processes.replace(index), hangMs) });
      this.processes.post(index, task.job);
    }
  }

  private receive(index: number, answer: JobAnswer<Result>): void {
    const task = this.release(index);
    this.dispatch();
    if ('result' in answer) task?.settle(answer);
    else task?.settle({ failure: new ParleyError(this.failureCode, answer.error, true) });
  }

  private release(index: number): Task<Result> | undefined {
    const current = this.busy.get(index);
    current?.watchdog.cancel();
    this.busy.delete(index);
    return current?.task;
  }
}
