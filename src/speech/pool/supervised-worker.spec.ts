import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Aborted } from '../../kernel/abort.js';
import { ManualClock } from '../../kernel/clock.js';
import { SupervisedWorker } from './supervised-worker.js';

const never = new AbortController().signal;
const echo =
  "const { parentPort } = require('node:worker_threads'); parentPort.on('message', (m) => parentPort.postMessage(m)); parentPort.postMessage('ready');";
const silent = "require('node:worker_threads').parentPort.on('message', () => undefined);";
const opened: SupervisedWorker[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((worker) => worker.close()));
});

/** The n-th thread runs the n-th script; the last one is used again and again. */
function supervise(...scripts: string[]) {
  const clock = new ManualClock();
  const threads: Worker[] = [];
  const lost: string[] = [];
  const messages: unknown[] = [];
  const ready: (() => void)[] = [];
  const worker = new SupervisedWorker({
    name: 'the thread',
    spawn: () => {
      threads.push(new Worker(scripts[Math.min(threads.length, scripts.length - 1)]!, { eval: true }));
      return threads.at(-1)!;
    },
    readyTimeoutMs: 1000,
    clock,
    onReady: () => ready.shift()?.(),
    onMessage: (message) => messages.push(message),
    onLost: (reason) => lost.push(reason.message),
  });
  opened.push(worker);
  const nextReady = (): Promise<void> => new Promise((resolve) => ready.push(resolve));
  return { worker, clock, threads, lost, messages, nextReady };
}

describe('supervised worker', () => {
  it('is ready when its thread says so, and passes messages both ways', async () => {
    const { worker, threads, messages } = supervise(echo);
    expect(worker.ready).toBe(false);
    await worker.start(never);
    expect(worker.ready).toBe(true);
    const answered = once(threads[0]!, 'message');
    worker.post({ hello: 1 });
    await answered;
    expect(messages).toEqual([{ hello: 1 }]);
  });

  it('starts another thread when its own dies, at once the first time, then with growing pauses', async () => {
    const { worker, clock, threads, lost, nextReady } = supervise(echo, 'process.exit(3)', 'process.exit(4)', echo);
    await worker.start(never);
    await threads[0]!.terminate();
    expect(worker.ready).toBe(false);
    await clock.advance(0);
    await once(threads[1]!, 'exit');
    await clock.advance(99);
    expect(threads).toHaveLength(2);
    await clock.advance(1);
    await once(threads[2]!, 'exit');
    await clock.advance(199);
    expect(threads).toHaveLength(3);
    const ready = nextReady();
    await clock.advance(1);
    await ready;
    expect(lost).toEqual([
      'the thread ended with exit code 1',
      'the thread ended with exit code 3',
      'the thread ended with exit code 4',
    ]);
    expect(worker.ready).toBe(true);
  });

  it('does not hurry to replace a thread that dies again and again, but one that lived for a while', async () => {
    const { worker, clock, threads, nextReady } = supervise(echo);
    await worker.start(never);
    for (const pauseMs of [0, 100, 200]) {
      await threads.at(-1)!.terminate();
      const count = threads.length;
      const ready = nextReady();
      await clock.advance(Math.max(0, pauseMs - 1));
      expect(threads.length - count).toBe(pauseMs === 0 ? 1 : 0);
      await clock.advance(1);
      await ready;
    }
    await clock.advance(10_000);
    await threads.at(-1)!.terminate();
    const ready = nextReady();
    await clock.advance(0);
    await ready;
    expect(threads).toHaveLength(5);
  });

  it('replaces its thread on request, and hears no more from the old one', async () => {
    const { worker, clock, threads, lost, nextReady } = supervise(echo);
    await worker.start(never);
    worker.replace('it talks nonsense');
    const ready = nextReady();
    await clock.advance(0);
    await ready;
    expect(lost).toEqual(['it talks nonsense']);
    await worker.close();
    expect(threads.map((thread) => thread.threadId)).toEqual([-1, -1]);
  });

  it('rejects its first start when the thread fails, is not ready in time, or nobody wants it any more', async () => {
    await expect(supervise('throw new Error("no such library")').worker.start(never)).rejects.toThrow(
      'no such library',
    );

    const late = supervise(silent);
    const outcome = expect(late.worker.start(never)).rejects.toMatchObject({ code: 'timeout' });
    await late.clock.advance(1000);
    await outcome;

    const controller = new AbortController();
    const unwanted = supervise(silent);
    const stopped = expect(unwanted.worker.start(controller.signal)).rejects.toMatchObject({ kind: 'shutdown' });
    controller.abort(new Aborted('shutdown'));
    await unwanted.clock.advance(3999);
    expect(unwanted.threads[0]!.threadId).not.toBe(-1);
    await unwanted.clock.advance(1);
    await stopped;
    for (const { threads, clock, lost } of [late, unwanted]) {
      expect(threads.map((thread) => thread.threadId)).toEqual([-1]);
      expect(clock.pending).toBe(0);
      expect(lost).toEqual([]);
    }
  });

  it('lets a thread that nobody wants any more finish loading before it is stopped', async () => {
    const controller = new AbortController();
    const { worker, clock, threads } = supervise(echo);
    const stopped = expect(worker.start(controller.signal)).rejects.toMatchObject({ kind: 'shutdown' });
    controller.abort(new Aborted('shutdown'));
    await stopped;
    expect(threads[0]!.threadId).toBe(-1);
    expect(clock.pending).toBe(0);
  });

  it('leaves no thread and no timer after close, even while it waits to start another', async () => {
    const { worker, clock, threads, lost } = supervise(echo);
    await worker.start(never);
    await threads[0]!.terminate();
    await worker.close();
    await clock.advance(10_000);
    expect(threads).toHaveLength(1);
    expect(clock.pending).toBe(0);
    expect(lost).toHaveLength(1);
  });
});
