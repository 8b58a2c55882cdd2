import type { MessagePort, Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../../kernel/clock.js';
import { type ParleyError, messageOf } from '../../kernel/errors.js';
import { SupervisedWorker, WORKER_READY } from '../../speech/pool/supervised-worker.js';

const READY_TIMEOUT_MS = 10_000;

interface Request<Order> {
  readonly number: number;
  readonly order: Order;
}

type Answer =
  { readonly number: number; readonly result: unknown } | { readonly number: number; readonly error: string };

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
  readonly limit: Timer;
}

export interface SqliteThreadOptions {
  /** For messages. */
  readonly name: string;
  readonly spawn: () => Worker;
  /** How long one order may take. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  failed(reason: string): ParleyError;
}

/** A SQLite file in a thread of its own: a disk that is slow does not delay audio. */
export class SqliteThread<Order> {
  private readonly worker: SupervisedWorker;
  private readonly pending = new Map<number, Pending>();
  private numbers = 0;

  constructor(private readonly options: SqliteThreadOptions) {
    const { name, spawn, clock } = options;
    this.worker = new SupervisedWorker({
      name,
      spawn,
      readyTimeoutMs: READY_TIMEOUT_MS,
      clock,
      onMessage: (answer) => this.settle(answer as Answer),
      onLost: (reason) => this.rejectAll(reason),
    });
  }

  start(signal: AbortSignal): Promise<void> {
    return this.worker.start(signal);
  }

  /** Rejects with what `failed` makes of the reason. */
  ask(order: Order): Promise<unknown> {
    const { clock, timeoutMs } = this.options;
    const failed = (reason: string): ParleyError => this.options.failed(reason);
    if (!this.worker.ready) return Promise.reject(failed('its thread is not there'));
    return new Promise((resolve, reject) => {
      const number = ++this.numbers;
      const limit = clock.setTimeout(() => {
        this.pending.delete(number);
        reject(failed(`no answer within ${timeoutMs} ms`));
      }, timeoutMs);
      this.pending.set(number, { resolve, reject, limit });
      this.worker.post({ number, order } satisfies Request<Order>);
    });
  }

  async close(): Promise<void> {
    await this.worker.close();
    this.rejectAll(new Error('it is closed'));
  }

  private settle(answer: Answer): void {
    const request = this.pending.get(answer.number);
    if (!request) return;
    this.pending.delete(answer.number);
    request.limit.cancel();
    if ('error' in answer) request.reject(this.options.failed(answer.error));
    else request.resolve(answer.result);
  }

  private rejectAll(reason: Error): void {
    for (const request of this.pending.values()) {
      request.limit.cancel();
      request.reject(this.options.failed(reason.message));
    }
    this.pending.clear();
  }
}

/** The thread's side: carries out one order after the other. */
export function serveOrders(port: MessagePort, carryOut: (order: never) => unknown): void {
  port.on('message', ({ number, order }: Request<never>) => {
    let answer: Answer;
    try {
      answer = { number, result: carryOut(order) };
    } catch (error) {
      answer = { number, error: messageOf(error) };
    }
    port.postMessage(answer);
  });
  port.postMessage(WORKER_READY);
}
