import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../kernel/clock.js';
import { MemoryKeyValueStore } from './memory-key-value-store.js';
import { describeKeyValueStore } from './testing/key-value-store-contract.js';

describeKeyValueStore('MemoryKeyValueStore', () => {
  const clock = new ManualClock();
  return { store: new MemoryKeyValueStore(clock), pass: (ms) => clock.advance(ms) };
});

describe('MemoryKeyValueStore', () => {
  it('keeps a value until its time is over, to the millisecond', async () => {
    const clock = new ManualClock();
    const store = new MemoryKeyValueStore(clock);
    await store.set('resume:a', 'one', 100);
    await clock.advance(99);
    expect(await store.get('resume:a')).toBe('one');
    await clock.advance(1);
    expect(await store.get('resume:a')).toBeUndefined();
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
