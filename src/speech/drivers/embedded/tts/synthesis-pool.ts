import type { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../../../../kernel/clock.js';
import { ParleyError } from '../../../../kernel/errors.js';
import { SupervisedWorker } from '../../../pool/supervised-worker.js';
import type { Synthesis, SynthesisJob } from './synthesis.js';
import type { TtsAnswer } from './tts-worker.js';

export interface SynthesisPoolOptions {
  readonly size: number;
  readonly spawn: () => Worker;
  readonly clock: Clock;
  /** How long one clause may take until its worker counts as hanging. */
  readonly hangMs: number;
  readonly onIncident: (message: string) => void;
}

const READY_TIMEOUT_MS = 20_000;

/** The worker threads; clauses of all voices are served first come, first served. */
export class SynthesisPool {
  private readonly slots: Slot[];
  private readonly queue = new Set<Task>();

  constructor(private readonly options: SynthesisPoolOptions) {
    this.slots = Array.from({ length: options.size }, (_, i) => this.createSlot(i + 1));
  }

  async start(signal: AbortSignal): Promise<void> {
    await Promise.all(this.slots.map((slot) => slot.worker.start(signal)));
  }

  /**
   * Rejects with the signal's reason as soon as it aborts: a clause that waits is taken back, one that is being made is
   * made in vain. Rejects with `tts_failed` when the worker dies or hangs, or when none is free for as long.
   */
  run(job: SynthesisJob, signal: AbortSignal): Promise<Synthesis> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      const leave = (): void => {
        this.queue.delete(task);
        patience.cancel();
        signal.removeEventListener('abort', onAbort);
      };
      const task: Task = {
        job,
        begin: () => patience.cancel(),
        succeed: (result) => {
          leave();
          resolve(result);
        },
        fail: (error) => {
          leave();
          reject(error);
        },
      };
      const onAbort = (): void => task.fail(signal.reason as Error);
      const { clock, hangMs } = this.options;
      const patience = clock.setTimeout(
        () => task.fail(new ParleyError('tts_failed', `no synthesiser thread was free for ${hangMs} ms`, true)),
        hangMs,
      );
      signal.addEventListener('abort', onAbort, { once: true });
      this.queue.add(task);
      this.dispatch();
    });
  }

  async close(): Promise<void> {
    const closed = new ParleyError('tts_failed', 'the synthesiser was closed');
    for (const task of this.queue) task.fail(closed);
    this.queue.clear();
    await Promise.all(
      this.slots.map(async (slot) => {
        this.finish(slot)?.fail(closed);
        await slot.worker.close();
      }),
    );
  }

  private createSlot(number: number): Slot {
    const name = `synthesiser thread ${number}`;
    const slot: Slot = {
      name,
      task: undefined,
      watchdog: undefined,
      worker: new SupervisedWorker({
        name,
        spawn: this.options.spawn,
        readyTimeoutMs: READY_TIMEOUT_MS,
        clock: this.options.clock,
        onReady: () => this.dispatch(),
        onMessage: (message) => this.onAnswer(slot, message as TtsAnswer),
        onLost: (reason) => {
          this.options.onIncident(reason.message);
          this.finish(slot)?.fail(new ParleyError('tts_failed', reason.message, true, { cause: reason }));
        },
      }),
    };
    return slot;
  }

  private dispatch(): void {
    for (const task of this.queue) {
      const slot = this.slots.find((slot) => slot.worker.ready && !slot.task);
      if (!slot) return;
      this.queue.delete(task);
      task.begin();
      slot.task = task;
      slot.watchdog = this.options.clock.setTimeout(
        () => slot.worker.replace(`${slot.name} took more than ${this.options.hangMs} ms for a clause`),
        this.options.hangMs,
      );
      slot.worker.post(task.job);
    }
  }

  private onAnswer(slot: Slot, answer: TtsAnswer): void {
    const task = this.finish(slot);
    this.dispatch();
    if ('result' in answer) task?.succeed(answer.result);
    else task?.fail(new ParleyError('tts_failed', `speech synthesis failed: ${answer.error}`, true));
  }

  private finish(slot: Slot): Task | undefined {
    slot.watchdog?.cancel();
    const task = slot.task;
    slot.task = undefined;
    return task;
  }
}

interface Slot {
  readonly name: string;
  readonly worker: SupervisedWorker;
  task: Task | undefined;
  watchdog: Timer | undefined;
}

interface Task {
  readonly job: SynthesisJob;
  /** A thread has it: the watchdog's time begins. */
  readonly begin: () => void;
  readonly succeed: (result: Synthesis) => void;
  readonly fail: (error: Error) => void;
}
