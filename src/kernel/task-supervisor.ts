import { childController, isAborted, type AbortKind, Aborted } from './abort.js';
import type { Clock } from './clock.js';
import { messageOf } from './errors.js';

export type TaskStatus = 'running' | 'completed' | 'cancelled' | `failed: ${string}`;

export interface TaskEnd {
  readonly name: string;
  readonly status: TaskStatus;
  readonly error?: unknown;
}

interface Task {
  status: TaskStatus;
  readonly lifetime: boolean;
  readonly done: Promise<void>;
}

const FINISHED_TASKS_KEPT = 20;

/**
 * Owns the tasks of one session. A *lifetime* task lasts as long as the session: when the first of them ends, for
 * whatever reason, `onLifetimeEnd` is told, once. The others, finite ones, may outlive them until they are done. Every
 * task gets a signal that aborts when the supervisor stops, and with lifetime tasks already when it drains.
 */
export class TaskSupervisor {
  private readonly controller: AbortController;
  private readonly lifetime: AbortController;
  private readonly tasks = new Map<string, Task>();
  private lifetimeEnded = false;

  constructor(
    parent: AbortSignal,
    private readonly clock: Clock,
    private readonly onLifetimeEnd: (end: TaskEnd) => void,
    /** Hears of each task that failed, or did not stop in time. */
    private readonly onProblem: (name: string, problem: string) => void,
  ) {
    this.controller = childController(parent);
    this.lifetime = childController(this.controller.signal);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** `{ turns: 'running', 'gen_1': 'completed', … }`; a few of those that ended are kept. */
  get activeTasks(): Record<string, TaskStatus> {
    return Object.fromEntries([...this.tasks].map(([name, task]) => [name, task.status]));
  }

  get running(): number {
    return [...this.tasks.values()].filter((task) => task.status === 'running').length;
  }

  /** Runs `work` under `name`; never rejects. A running task of the same name is an error of the caller. */
  spawn(
    name: string,
    work: (signal: AbortSignal) => Promise<void>,
    options: { lifetime?: boolean } = {},
  ): Promise<void> {
    if (this.tasks.get(name)?.status === 'running') throw new Error(`Task "${name}" is already running`);
    const { lifetime = false } = options;
    const task: Task = { status: 'running', lifetime, done: this.run(name, work, lifetime) };
    this.tasks.delete(name);
    this.tasks.set(name, task);
    this.forgetOldest();
    return task.done;
  }

  /**
   * Aborts the lifetime tasks and lets the finite ones, also those that begin meanwhile, end by themselves for up to
   * `timeoutMs`. Resolves with the names of those that still run: `stop` comes next.
   */
  async drain(kind: AbortKind, timeoutMs: number): Promise<string[]> {
    this.lifetimeEnded = true;
    this.lifetime.abort(new Aborted(kind));
    const giveUpAt = this.clock.now() + timeoutMs;
    for (;;) {
      const running = [...this.tasks].filter(([, { status, lifetime }]) => status === 'running' && !lifetime);
      const leftMs = giveUpAt - this.clock.now();
      if (running.length === 0 || leftMs <= 0) return running.map(([name]) => name);
      const allDone = Promise.all(running.map(([, { done }]) => done)).then(() => undefined);
      await endsWithin(allDone, leftMs, this.clock);
    }
  }

  /**
   * Aborts all tasks and waits up to `timeoutMs` for each to end; reports those that do not. Resolves with the names
   * of those, which is a list that should be empty.
   */
  async stop(kind: AbortKind, timeoutMs: number): Promise<string[]> {
    this.lifetimeEnded = true;
    this.controller.abort(new Aborted(kind));
    const leaked: string[] = [];
    await Promise.all(
      [...this.tasks].map(async ([name, task]) => {
        if (task.status !== 'running') return;
        const timedOut = await endsWithin(task.done, timeoutMs, this.clock);
        if (!timedOut) return;
        leaked.push(name);
        this.onProblem(name, `did not stop within ${timeoutMs} ms`);
      }),
    );
    return leaked;
  }

  private async run(name: string, work: (signal: AbortSignal) => Promise<void>, lifetime: boolean): Promise<void> {
    let end: TaskEnd;
    const { signal } = lifetime ? this.lifetime : this.controller;
    try {
      // The caller must see the task as running before its first synchronous step.
      await Promise.resolve();
      signal.throwIfAborted();
      await work(signal);
      end = { name, status: 'completed' };
    } catch (error) {
      if (isAborted(error)) end = { name, status: 'cancelled', error };
      else {
        end = { name, status: `failed: ${messageOf(error)}`, error };
        this.onProblem(name, end.status);
      }
    }
    const task = this.tasks.get(name);
    if (task) task.status = end.status;
    if (lifetime && !this.lifetimeEnded) {
      this.lifetimeEnded = true;
      this.onLifetimeEnd(end);
    }
  }

  private forgetOldest(): void {
    const finished = [...this.tasks].filter(([, task]) => task.status !== 'running').map(([name]) => name);
    for (const name of finished.slice(0, -FINISHED_TASKS_KEPT)) this.tasks.delete(name);
  }
}

async function endsWithin(done: Promise<void>, timeoutMs: number, clock: Clock): Promise<boolean> {
  let timer: { cancel(): void } | undefined;
  const timedOut = await Promise.race([
    done.then(() => false),
    new Promise<boolean>((resolve) => (timer = clock.setTimeout(() => resolve(true), timeoutMs))),
  ]);
  timer?.cancel();
  return timedOut;
}
