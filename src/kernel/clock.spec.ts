import { describe, expect, it } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { Aborted } from './abort.js';
import { ManualClock, SystemClock } from './clock.js';

describe('a delay', () => {
  it('ends in time, and lets go of its signal', async () => {
    const clock = new ManualClock();
    const { signal } = new AbortController();
    const delayed = clock.delay(100, signal);
    await clock.advance(100);
    await delayed;
    expect(clock.now()).toBe(100);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('that is aborted leaves no timer', async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const delayed = clock.delay(100, controller.signal);
    controller.abort(new Aborted('hangup'));
    await expect(delayed).rejects.toMatchObject({ kind: 'hangup' });
    await expect(clock.delay(100, controller.signal)).rejects.toMatchObject({ kind: 'hangup' });
    expect(clock.pending).toBe(0);
  });

  it('takes real time on the real clock', async () => {
    const clock = new SystemClock();
    const before = clock.now();
    await clock.delay(5);
    expect(clock.now()).toBeGreaterThan(before);
  });
});

describe('ManualClock', () => {
  it('fires timers in the order of their time, then of their making, also those made meanwhile', async () => {
    const clock = new ManualClock();
    const fired: string[] = [];
    clock.setTimeout(() => fired.push('second'), 20);
    clock.setTimeout(() => {
      fired.push('first');
      clock.setTimeout(() => fired.push('between'), 5);
    }, 10);
    clock.setTimeout(() => fired.push('third'), 20);
    const cancelled = clock.setTimeout(() => fired.push('never'), 15);
    cancelled.cancel();
    cancelled.cancel();
    await clock.advance(20);
    expect(fired).toEqual(['first', 'between', 'second', 'third']);
  });
});
