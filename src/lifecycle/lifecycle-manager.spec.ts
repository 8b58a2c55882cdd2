import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../kernel/clock.js';
import { LifecycleManager } from './lifecycle-manager.js';
import { orderSteps, type RegisteredStep } from './step-order.js';
import type { LifecycleStep, StepOptions } from './step.js';

function setUp() {
  const clock = new ManualClock();
  const log: string[] = [];
  const steps: RegisteredStep[] = [];
  const add = (options: Partial<StepOptions> & { name: string }, step: Partial<LifecycleStep> = {}): void => {
    steps.push({
      options: { timeoutMs: 1000, ...options },
      step: {
        start: async (signal) => {
          log.push(`start ${options.name}`);
          return step.start?.(signal);
        },
        stop: async () => {
          log.push(`stop ${options.name}`);
          await step.stop?.();
        },
      },
    });
  };
  const build = (): LifecycleManager =>
    new LifecycleManager(
      orderSteps(steps),
      clock,
      { deferredRetryMs: 100, cancelDeferredMs: 5000, stopTimeoutMs: 1000 },
      [
        {
          stepFailed: (status, retryInMs) =>
            log.push(`failed ${status.name}: ${status.error}${retryInMs ? ` again in ${retryInMs}` : ''}`),
          stepStopped: (name, _, error) => void (error && log.push(`${name}: ${(error as Error).message}`)),
        },
      ],
    );
  return { clock, log, add, build };
}

describe('LifecycleManager', () => {
  it('starts critical steps in order, then the deferred ones, and stops in reverse', async () => {
    const { clock, log, add, build } = setUp();
    add({ name: 'mcp', deferred: true, after: ['warmup'] });
    add({ name: 'warmup', deferred: true });
    add({ name: 'speech', after: ['core'] });
    add({ name: 'core' });
    const manager = build();
    await manager.start();
    expect(manager.criticalReady).toBe(true);
    await clock.advance(0);
    expect(manager.deferredReady).toBe(true);
    await manager.stop();
    expect(log).toEqual([
      'start core',
      'start speech',
      'start warmup',
      'start mcp',
      'stop mcp',
      'stop warmup',
      'stop speech',
      'stop core',
    ]);
    expect(manager.statuses.map((status) => status.state)).toEqual(['stopped', 'stopped', 'stopped', 'stopped']);
  });

  it('rolls back what had started when a step fails, and names it', async () => {
    const { log, add, build } = setUp();
    add({ name: 'core' });
    add({ name: 'speech', after: ['core'] });
    add({ name: 'agents', after: ['speech'] }, { start: () => Promise.reject(new Error('no such file')) });
    add({ name: 'events', after: ['agents'] });
    await expect(build().start()).rejects.toThrow('Start-up step "agents" failed: no such file');
    expect(log).toEqual([
      'start core',
      'start speech',
      'start agents',
      'failed agents: no such file',
      'stop speech',
      'stop core',
    ]);
  });

  it('gives up a step that takes too long, and aborts it', async () => {
    const { clock, add, build } = setUp();
    let aborted = false;
    add(
      { name: 'speech', timeoutMs: 500 },
      { start: (signal) => new Promise(() => signal.addEventListener('abort', () => (aborted = true))) },
    );
    const started = expect(build().start()).rejects.toThrow('it took longer than 500 ms');
    await clock.advance(500);
    await started;
    expect(aborted).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('retries a deferred step with back-off, and is ready when it has succeeded', async () => {
    const { clock, log, add, build } = setUp();
    let failures = 2;
    add(
      { name: 'mcp', deferred: true },
      { start: () => (failures-- > 0 ? Promise.reject(new Error('down')) : Promise.resolve()) },
    );
    const manager = build();
    await manager.start();
    await clock.advance(0);
    expect(manager.deferredReady).toBe(false);
    await clock.advance(100);
    await clock.advance(200);
    expect(manager.deferredReady).toBe(true);
    expect(log.filter((line) => line.startsWith('failed'))).toEqual([
      'failed mcp: down again in 100',
      'failed mcp: down again in 200',
    ]);
    expect(manager.statuses[0]).toMatchObject({ name: 'mcp', state: 'started', attempts: 3 });
    await manager.stop();
  });

  it('does not let a deferred step that fails hold up another', async () => {
    const { clock, add, build } = setUp();
    add({ name: 'warmup', deferred: true }, { start: () => Promise.reject(new Error('down')) });
    add({ name: 'mcp', deferred: true });
    add({ name: 'index', deferred: true, after: ['warmup'] });
    const manager = build();
    await manager.start();
    await clock.advance(50);
    expect(manager.statuses.map((status) => [status.name, status.state])).toEqual([
      ['warmup', 'failed'],
      ['mcp', 'started'],
      ['index', 'pending'],
    ]);
    await manager.stop();
    expect(clock.pending).toBe(0);
  });

  it('stops every step although one throws and one hangs', async () => {
    const { clock, log, add, build } = setUp();
    add({ name: 'core' });
    add({ name: 'speech', after: ['core'] }, { stop: () => new Promise(() => undefined) });
    add({ name: 'agents', after: ['speech'] }, { stop: () => Promise.reject(new Error('stuck')) });
    const manager = build();
    await manager.start();
    const stopped = manager.stop();
    await clock.advance(1000);
    await stopped;
    expect(log.slice(3)).toEqual([
      'stop agents',
      'agents: stuck',
      'stop speech',
      'speech: it took longer than 1000 ms',
      'stop core',
    ]);
  });

  it('waits 5 s at most for a deferred step that ignores its signal', async () => {
    const { clock, log, add, build } = setUp();
    add({ name: 'core' });
    add({ name: 'warmup', deferred: true, timeoutMs: 60_000 }, { start: () => new Promise(() => undefined) });
    const manager = build();
    await manager.start();
    await clock.advance(0);
    const stopped = manager.stop();
    await clock.advance(4999);
    expect(log).not.toContain('stop core');
    await clock.advance(1);
    await stopped;
    expect(log).toEqual(['start core', 'start warmup', 'deferred: it did not end when cancelled', 'stop core']);
  });

  it('ends a retry that is waiting', async () => {
    const { clock, add, build } = setUp();
    add({ name: 'mcp', deferred: true }, { start: () => Promise.reject(new Error('down')) });
    const manager = build();
    await manager.start();
    await clock.advance(0);
    await manager.stop();
    expect(clock.pending).toBe(0);
  });

  it('stops once, however often it is asked', async () => {
    const { log, add, build } = setUp();
    add({ name: 'core' });
    const manager = build();
    await manager.start();
    await Promise.all([manager.stop(), manager.stop()]);
    expect(log).toEqual(['start core', 'stop core']);
  });
});

describe('orderSteps', () => {
  const step = (name: string, after: string[] = []): RegisteredStep => ({
    options: { name, after, timeoutMs: 1 },
    step: { start: () => Promise.resolve() },
  });

  it('refuses a circle and a name that is used twice, and passes over what there is not', () => {
    expect(() => orderSteps([step('a', ['b']), step('b', ['a'])])).toThrow('a → b → a');
    expect(orderSteps([step('a', ['z'])]).critical.map(({ options }) => options.name)).toEqual(['a']);
    expect(() => orderSteps([step('a'), step('a')])).toThrow('Two start-up steps are called "a"');
  });
});
