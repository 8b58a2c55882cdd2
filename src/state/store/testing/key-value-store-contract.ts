import { describe, expect, it } from '@jest/globals';
import type { KeyValueStore } from '../key-value-store.js';

export interface TestedStore {
  readonly store: KeyValueStore;
  /** Resolves when this time, which is short, has passed for the store. */
  readonly pass: (ms: number) => Promise<void>;
}

/** What every key-value store does. @param tested an empty one, for each test. */
export function describeKeyValueStore(name: string, tested: () => TestedStore): void {
  describe(`${name}, as a key-value store`, () => {
    it('gives back what was set last, whatever is in it', async () => {
      const { store } = tested();
      const value = `{"said":"\u00e4\u{1f600}\\n\u0000"}`;
      await store.set('resume:a', 'first', 60_000);
      await store.set('resume:a', value, 60_000);
      await store.set('resume:b', '', 60_000);
      expect([await store.get('resume:a'), await store.get('resume:b')]).toEqual([value, '']);
      expect(await store.get('resume:c')).toBeUndefined();
    });

    it('takes large values', async () => {
      const { store } = tested();
      const value = 'x'.repeat(1_048_576);
      await store.set('resume:large', value, 60_000);
      expect((await store.get('resume:large')) === value).toBe(true);
    });

    it('forgets a value when its time is over', async () => {
      const { store, pass } = tested();
      await store.set('resume:a', 'one', 40.5);
      await store.set('resume:b', 'one', 40);
      await store.set('resume:b', 'two', 60_000);
      await pass(45);
      expect([await store.get('resume:a'), await store.take('resume:a')]).toEqual([undefined, undefined]);
      expect(await store.get('resume:b')).toBe('two');
    });

    it('replaces only what there is, with a new time', async () => {
      const { store, pass } = tested();
      expect(await store.replace('resume:a', 'one', 60_000)).toBe(false);
      expect(await store.get('resume:a')).toBeUndefined();
      await store.set('resume:a', 'one', 60_000);
      expect(await store.replace('resume:a', 'two', 40)).toBe(true);
      expect(await store.get('resume:a')).toBe('two');
      await pass(45);
      expect(await store.replace('resume:a', 'three', 60_000)).toBe(false);
    });

    it('gives what is taken to one only', async () => {
      const { store } = tested();
      await store.set('resume:a', 'one', 60_000);
      const taken = await Promise.all([store.take('resume:a'), store.take('resume:a'), store.take('resume:a')]);
      expect(taken.filter((value) => value !== undefined)).toEqual(['one']);
      expect(await store.get('resume:a')).toBeUndefined();
    });

    it('counts together, from nothing on, and only for its time', async () => {
      const { store, pass } = tested();
      const sums = await Promise.all([1, 2, 3].map((amount) => store.add('audio-use:a', amount, 200)));
      expect(sums.toSorted((a, b) => a - b).at(-1)).toBe(6);
      expect(await store.get('audio-use:a')).toBe('6');
      await pass(150);
      expect(await store.add('audio-use:a', 4, 60_000)).toBe(10);
      await pass(60);
      expect(await store.get('audio-use:a')).toBeUndefined();
      expect(await store.add('audio-use:a', 1, 60_000)).toBe(1);
    });

    it('deletes, also what is not there', async () => {
      const { store } = tested();
      await store.set('resume:a', 'one', 60_000);
      await store.delete('resume:a');
      await store.delete('resume:a');
      expect(await store.get('resume:a')).toBeUndefined();
    });
  });
}
