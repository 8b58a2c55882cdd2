import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../kernel/clock.js';
import { MemoryKeyValueStore } from './memory-key-value-store.js';

describe('MemoryKeyValueStore', () => {
  it('forgets a value when its time is over', async () => {
    const clock = new ManualClock();
    const store = new MemoryKeyValueStore(clock);
    await store.set('resume:a', 'one', 100);
    await clock.advance(99);
    expect(await store.get('resume:a')).toBe('one');
    await clock.advance(1);
    expect([await store.get('resume:a'), await store.take('resume:a')]).toEqual([undefined, undefined]);
  });

  it('gives what is taken to one only', async () => {
    const store = new MemoryKeyValueStore(new ManualClock());
    await store.set('resume:a', 'one', 100);
    const taken = await Promise.all([store.take('resume:a'), store.take('resume:a'), store.take('resume:a')]);
    expect(taken).toEqual(['one', undefined, undefined]);
  });

  it('does not keep what nobody asks for again', async () => {
    const clock = new ManualClock();
    const store = new MemoryKeyValueStore(clock);
    for (let index = 0; index < 10_000; index++) {
      await store.set(`token:${index}`, 'x', 10);
      if (index % 10 === 0) await clock.advance(10);
    }
    expect(store.size).toBeLessThanOrEqual(1000);
  });
});
