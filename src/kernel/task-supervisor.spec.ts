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
});
