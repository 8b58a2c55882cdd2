import { describe, expect, it } from '@jest/globals';
import { ManualClock } from './clock.js';
import { Mutex } from './mutex.js';

describe('Mutex', () => {
  it('lets in one at a time, in the order in which they came, also after a failure', async () => {
    const clock = new ManualClock();
    const mutex = new Mutex(clock);
    const log: string[] = [];
    const work = (name: string, fails = false) =>
      mutex.runExclusive(1000, async () => {
        log.push(`${name} begins`);
        await clock.delay(100);
        log.push(`${name} ends`);
        if (fails) throw new Error(name);
      });
    const all = Promise.allSettled([work('a', true), work('b'), work('c')]);
    await clock.advance(300);
    expect((await all).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
    expect(clock.pending).toBe(0);
  });

  it('sends away who waits too long; whoever is next still waits for those before', async () => {
    const clock = new ManualClock();
    const mutex = new Mutex(clock);
    const log: string[] = [];
    const first = mutex.runExclusive(100, () => clock.delay(500).then(() => void log.push('first')));
    const impatient = expect(mutex.runExclusive(100, async () => log.push('impatient'))).rejects.toMatchObject({
      code: 'timeout',
      retryable: true,
    });
    const patient = mutex.runExclusive(1000, async () => void log.push('patient'));
    await clock.advance(400);
    await impatient;
    expect(log).toEqual([]);
    await clock.advance(100);
    await Promise.all([first, patient]);
    expect(log).toEqual(['first', 'patient']);
    expect(clock.pending).toBe(0);
  });
});
