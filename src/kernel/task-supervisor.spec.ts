import { describe, expect, it } from '@jest/globals';
import { Aborted } from './abort.js';
import { ManualClock } from './clock.js';
import { type TaskEnd, TaskSupervisor } from './task-supervisor.js';

function setUp() {
  const clock = new ManualClock();
  const ends: TaskEnd[] = [];
  const problems: string[] = [];
  const session = new AbortController();
  const supervisor = new TaskSupervisor(
    session.signal,
    clock,
    (end) => ends.push(end),
    (name, problem) => problems.push(`${name} ${problem}`),
  );
  const untilAborted = (signal: AbortSignal): Promise<void> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  return { clock, ends, problems, session, supervisor, untilAborted };
}

describe('TaskSupervisor', () => {
  it('reports each task as running, completed, cancelled or failed', async () => {
    const { clock, supervisor, untilAborted, problems } = setUp();
    void supervisor.spawn('runs', untilAborted);
    void supervisor.spawn('ends', () => Promise.resolve());
    void supervisor.spawn('breaks', () => Promise.reject(new Error('no line')));
    void supervisor.spawn('cancelled', () => Promise.reject(new Aborted('barge_in')));
    expect(supervisor.activeTasks.runs).toBe('running');
    await clock.advance(0);
    expect(supervisor.activeTasks).toEqual({
      runs: 'running',
      ends: 'completed',
      breaks: 'failed: no line',
      cancelled: 'cancelled',
    });
    expect(problems).toEqual(['breaks failed: no line']);
  });

  it('tells once, with the first lifetime task that ends', async () => {
    const { clock, supervisor, ends, untilAborted } = setUp();
    void supervisor.spawn('other', untilAborted, { lifetime: true });
    void supervisor.spawn('first', () => Promise.reject(new Error('gone')), { lifetime: true });
    await clock.advance(0);
    await supervisor.stop('error', 5000);
    expect(ends.map((end) => [end.name, end.status])).toEqual([['first', 'failed: gone']]);
    expect(supervisor.activeTasks.other).toBe('cancelled');
  });

  it('names the task that does not stop in time', async () => {
    const { clock, supervisor, problems } = setUp();
    void supervisor.spawn('stubborn', () => new Promise(() => undefined));
    await clock.advance(0);
    const stopped = supervisor.stop('hangup', 5000);
    await clock.advance(5000);
    expect(await stopped).toEqual(['stubborn']);
    expect(problems).toEqual(['stubborn did not stop within 5000 ms']);
    expect(clock.pending).toBe(0);
  });

  it('refuses a second task of the same name, and takes one when the first has ended', async () => {
    const { clock, supervisor, untilAborted } = setUp();
    void supervisor.spawn('turns', untilAborted);
    expect(() => supervisor.spawn('turns', untilAborted)).toThrow('already running');
    void supervisor.spawn('gen_1', () => Promise.resolve());
    await clock.advance(0);
    void supervisor.spawn('gen_1', untilAborted);
    expect(supervisor.activeTasks.gen_1).toBe('running');
    await supervisor.stop('hangup', 100);
    expect(supervisor.running).toBe(0);
  });

  it('does not start work once the session is over', async () => {
    const { clock, supervisor, session } = setUp();
    session.abort(new Aborted('hangup'));
    let ran = false;
    void supervisor.spawn('late', () => Promise.resolve(void (ran = true)));
    await clock.advance(0);
    expect(ran).toBe(false);
    expect(supervisor.activeTasks.late).toBe('cancelled');
  });

  it('lets finite tasks end by themselves in a drain, also those that begin in it, but no lifetime task', async () => {
    const { clock, supervisor, ends, untilAborted } = setUp();
    const done: string[] = [];
    const lasts =
      (name: string, ms: number, next?: () => void) =>
      async (signal: AbortSignal): Promise<void> => {
        await clock.delay(ms, signal);
        done.push(name);
        next?.();
      };
    void supervisor.spawn('receive', untilAborted, { lifetime: true });
    const second = (): void => void supervisor.spawn('second', lasts('second', 100));
    void supervisor.spawn('first', lasts('first', 100, second));
    await clock.advance(0);
    const drained = supervisor.drain('hangup', 1000);
    await clock.advance(0);
    expect(supervisor.activeTasks).toEqual({ receive: 'cancelled', first: 'running' });
    await clock.advance(200);
    expect(await drained).toEqual([]);
    expect({ done, ends, pending: clock.pending }).toEqual({ done: ['first', 'second'], ends: [], pending: 0 });
  });

  it('names who has not ended when a drain is over, and cancels them when it stops', async () => {
    const { clock, supervisor, problems, untilAborted } = setUp();
    void supervisor.spawn('stubborn', () => new Promise(() => undefined));
    void supervisor.spawn('slow', untilAborted);
    await clock.advance(0);
    const drained = supervisor.drain('hangup', 30_000);
    await clock.advance(30_000);
    expect(await drained).toEqual(['stubborn', 'slow']);
    const stopped = supervisor.stop('hangup', 5000);
    await clock.advance(5000);
    expect(await stopped).toEqual(['stubborn']);
    expect(supervisor.activeTasks).toEqual({ stubborn: 'running', slow: 'cancelled' });
    expect(problems).toEqual(['stubborn did not stop within 5000 ms']);
  });
});
