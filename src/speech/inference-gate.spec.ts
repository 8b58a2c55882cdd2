import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { InferenceGate, type InferencePriority } from './inference-gate.js';

describe('InferenceGate', () => {
  it('serves first come, first served, mic before system', async () => {
    const gate = new InferenceGate(1);
    const first = await gate.acquire('mic');
    const served: string[] = [];
    const waiters = (['system', 'mic', 'system', 'mic'] as const).map(async (priority, index) => {
      const release = await gate.acquire(priority);
      served.push(`${priority} ${index}`);
      release();
    });
    expect(gate.waiting).toBe(4);
    first();
    await Promise.all(waiters);
    expect(served).toEqual(['mic 1', 'mic 3', 'system 0', 'system 2']);
    expect(gate.waiting).toBe(0);
    expect(gate.active).toBe(0);
  });

  it('takes a permit back once, however often it is released', async () => {
    const gate = new InferenceGate(2);
    const release = await gate.acquire('mic');
    await gate.acquire('mic');
    release();
    release();
    expect(gate.active).toBe(1);
  });

  it('lets a waiter go when its signal aborts, and one that is served keeps no listener', async () => {
    const gate = new InferenceGate(1);
    const release = await gate.acquire('mic');
    const controller = new AbortController();
    const aborted = gate.acquire('mic', controller.signal);
    const served = gate.acquire('system', controller.signal.aborted ? undefined : new AbortController().signal);
    controller.abort(new Error('hung up'));
    await expect(aborted).rejects.toThrow('hung up');
    expect(gate.waiting).toBe(1);
    release();
    await expect(served).resolves.toBeInstanceOf(Function);
    await expect(gate.acquire('mic', controller.signal)).rejects.toThrow('hung up');
  });

  it('refuses a number of permits that makes no sense', () => {
    expect(() => new InferenceGate(0)).toThrow('permits');
    expect(() => new InferenceGate(1.5)).toThrow('permits');
  });

  it('never has more holders than permits and forgets nobody, in any order of events', async () => {
    const event = fc.record({
      priority: fc.constantFrom<InferencePriority>('mic', 'system'),
      abort: fc.boolean(),
      hold: fc.integer({ min: 0, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(event, { maxLength: 30 }), async (permits, events) => {
        const gate = new InferenceGate(permits);
        let holders = 0;
        let most = 0;
        let served = 0;
        let given = 0;
        const jobs = events.map(async ({ priority, abort, hold }) => {
          const controller = new AbortController();
          const turn = gate.acquire(priority, controller.signal);
          if (abort) controller.abort(new Error('gone'));
          try {
            const release = await turn;
            most = Math.max(most, ++holders);
            for (let i = 0; i < hold; i++) await Promise.resolve();
            holders--;
            served++;
            release();
          } catch {
            given++;
          }
        });
        await Promise.all(jobs);
        expect(most).toBeLessThanOrEqual(permits);
        expect(served + given).toBe(events.length);
        expect([gate.active, gate.waiting]).toEqual([0, 0]);
      }),
    );
  });
});
