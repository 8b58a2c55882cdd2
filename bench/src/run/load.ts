import { fileURLToPath } from 'node:url';
import type { Counts } from '../load/measurements.ts';
import { noCounts } from '../load/measurements.ts';
import type { LoadCommand, LoadJob, LoadReply, LoadReport, Upgrades } from '../load/protocol.ts';
import { Child } from './children.ts';
import type { Pinning } from './pinning.ts';

const MAIN = fileURLToPath(new URL('../load/load-process.ts', import.meta.url));
const REPLY_LIMIT_MS = 60_000;
const CALLS_PER_PROCESS = 150;

/** The callers of one measurement, in as many processes as there are cores for them. */
export class Load {
  private readonly children: Child[];

  constructor(calls: number, pinning: Pinning) {
    const processes = Math.max(1, Math.min(pinning.loadCores.length, Math.ceil(calls / CALLS_PER_PROCESS)));
    this.children = Array.from(
      { length: processes },
      () => new Child([...pinning.load, process.execPath, MAIN], { env: {}, cwd: process.cwd() }),
    );
  }

  /** Places `job.calls` calls in all; resolves when the server has answered every upgrade. */
  async call(job: LoadJob): Promise<Upgrades> {
    const share = Math.ceil(job.calls / this.children.length);
    const replies = await Promise.all(
      this.children.map((child, i) => {
        const calls = Math.min(share, job.calls - i * share);
        return ask(
          child,
          { type: 'call', job: { ...job, calls, firstCall: job.firstCall + i * share, seed: job.seed + i } },
          'connected',
        );
      }),
    );
    const upgrades = replies.map((reply) => reply.upgrades);
    return {
      accepted: sum(upgrades.map(({ accepted }) => accepted)),
      refused: mergeCounts(upgrades.map(({ refused }) => refused)),
      retryAfter: mergeCounts(upgrades.map(({ retryAfter }) => retryAfter)),
      said: mergeCounts(upgrades.map(({ said }) => said)),
      refusedAfterMs: concat(upgrades.map(({ refusedAfterMs }) => refusedAfterMs)),
      acceptedAfterMs: concat(upgrades.map(({ acceptedAfterMs }) => acceptedAfterMs)),
    };
  }

  async record(): Promise<void> {
    await Promise.all(this.children.map((child) => ask(child, { type: 'record' }, 'recording')));
  }

  async report(): Promise<LoadReport[]> {
    return (await Promise.all(this.children.map((child) => ask(child, { type: 'report' }, 'report')))).map(
      ({ report }) => report,
    );
  }

  stopReading(): void {
    for (const child of this.children) child.process.send({ type: 'stop-reading' } satisfies LoadCommand);
  }

  readAgain(): void {
    for (const child of this.children) child.process.send({ type: 'read-again' } satisfies LoadCommand);
  }

  async hangUp(): Promise<void> {
    await Promise.all(this.children.map((child) => ask(child, { type: 'hang-up' }, 'hung-up')));
  }

  async stop(): Promise<void> {
    await Promise.all(this.children.map((child) => child.stop(2000)));
  }
}

/** Sums over the processes. */
export function countsOf(reports: readonly LoadReport[]): Counts {
  const total = noCounts();
  for (const { counts } of reports) for (const key of Object.keys(total) as (keyof Counts)[]) total[key] += counts[key];
  return total;
}

export function mergeCounts(parts: readonly Record<string, number>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const part of parts) for (const [key, count] of Object.entries(part)) total[key] = (total[key] ?? 0) + count;
  return total;
}

function ask<T extends LoadReply['type']>(
  child: Child,
  command: LoadCommand,
  answer: T,
): Promise<Extract<LoadReply, { type: T }>> {
  const { process: load } = child;
  return new Promise((resolve, reject) => {
    const stopListening = (): void => {
      clearTimeout(timer);
      load.off('message', onMessage).off('exit', onExit);
    };
    const fail = (why: string): void => {
      stopListening();
      reject(new Error(`the load generator ${why} (${command.type}):\n${child.lastWords}`));
    };
    const onExit = (): void => fail('ended');
    const onMessage = (message: LoadReply): void => {
      if (message.type !== answer) return;
      stopListening();
      resolve(message as Extract<LoadReply, { type: T }>);
    };
    const timer = setTimeout(() => fail(`did not answer for ${REPLY_LIMIT_MS / 1000} s`), REPLY_LIMIT_MS);
    load.on('message', onMessage).on('exit', onExit);
    load.send(command);
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function concat(parts: readonly Float64Array[]): Float64Array {
  return Float64Array.from(parts.flatMap((part) => [...part]));
}
