import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import { MemoryKeyValueStore } from '../../state/store/memory-key-value-store.js';
import type { StoredPhrases } from './phrase-list.js';
import { PhraseListManager } from './phrase-list-manager.js';
import { SharedPhraseStore } from './phrase-store.js';

/** What replicas share; it can be away. */
class Shared extends SharedPhraseStore {
  away = false;
  writes = 0;

  override read(tenant: string): Promise<StoredPhrases | undefined> {
    return this.away ? Promise.reject(new ParleyError('state_unavailable', 'gone', true)) : super.read(tenant);
  }

  override write(tenant: string, phrases: StoredPhrases): Promise<void> {
    this.writes++;
    return super.write(tenant, phrases);
  }
}

describe('words to expect', () => {
  let clock: ManualClock;
  let values: MemoryKeyValueStore;
  let store: Shared;

  beforeEach(() => {
    clock = new ManualClock();
    values = new MemoryKeyValueStore(clock);
    store = new Shared(values);
  });

  const replica = (...phrases: string[]): PhraseListManager => new PhraseListManager({ phrases }, store, clock);

  it('are those of the tenant, then those of the settings, each once', async () => {
    const manager = replica('Parley', 'Kowalczyk');
    expect(manager.of('acme')).toEqual(['Parley', 'Kowalczyk']);
    await manager.set('acme', ['Nguyen', 'Kowalczyk']);
    expect(manager.of('acme')).toEqual(['Nguyen', 'Kowalczyk', 'Parley']);
    expect(manager.of('bank')).toEqual(['Parley', 'Kowalczyk']);
    expect((await manager.read('acme'))?.phrases).toEqual(['Nguyen', 'Kowalczyk']);
    await manager.set('acme', []);
    expect([manager.of('acme'), await manager.read('acme')]).toEqual([['Parley', 'Kowalczyk'], undefined]);
  });

  it('are at most 500', async () => {
    const manager = replica('Parley');
    await manager.set(
      'acme',
      Array.from({ length: 500 }, (_, i) => `name ${i}`),
    );
    expect(manager.of('acme')).toHaveLength(500);
  });

  it('change in calls on every replica within 30 s', async () => {
    const [one, other] = [replica(), replica()];
    let changes = 0;
    const stop = other.follow('acme', () => changes++);
    await clock.advance(0);
    await one.set('acme', ['Nguyen']);
    await clock.advance(30_000);
    expect([changes, other.of('acme')]).toEqual([1, ['Nguyen']]);
    expect(other.of('acme')).toBe(other.of('acme'));
    await one.set('acme', []);
    await clock.advance(30_000);
    expect([changes, other.of('acme')]).toEqual([2, []]);
    stop();
    await one.set('acme', ['Kowalczyk']);
    await clock.advance(30_000);
    expect([changes, clock.pending]).toEqual([2, 0]);
  });

  it('are there at once for a call, if there were some before', async () => {
    await replica().set('acme', ['Nguyen']);
    const manager = replica();
    let changed = false;
    const stop = manager.follow('acme', () => (changed = true));
    expect(manager.of('acme')).toEqual([]);
    await clock.advance(0);
    expect([changed, manager.of('acme')]).toEqual([true, ['Nguyen']]);
    stop();
    stop();
    expect(manager.follow('acme', () => undefined)()).toBeUndefined();
    expect(manager.of('acme')).toEqual(['Nguyen']);
  });

  it('stay what they were while the store is away; operators are told', async () => {
    const manager = replica();
    await manager.set('acme', ['Nguyen']);
    const stop = manager.follow('acme', () => undefined);
    store.away = true;
    await clock.advance(60_000);
    expect(manager.of('acme')).toEqual(['Nguyen']);
    await expect(manager.check()).rejects.toThrow(/cannot be read/);
    await expect(manager.set('acme', [])).rejects.toMatchObject({ code: 'state_unavailable' });
    await expect(manager.read('acme')).rejects.toMatchObject({ code: 'state_unavailable' });
    store.away = false;
    await clock.advance(10_000);
    expect(await manager.check()).toMatchObject({ tenants_in_calls: 1 });
    stop();
  });

  it('can be read again also when the last call has ended during the outage', async () => {
    const manager = replica();
    store.away = true;
    const stop = manager.follow('acme', () => undefined);
    await clock.advance(0);
    stop();
    await expect(manager.check()).rejects.toThrow(/cannot be read/);
    store.away = false;
    expect(await manager.check()).toMatchObject({ tenants_in_calls: 0 });
    expect(clock.pending).toBe(0);
  });

  it('come back to a store that was emptied, from whoever still knows them', async () => {
    const [one, other] = [replica(), replica()];
    await one.set('acme', ['old']);
    await one.set('acme', ['Nguyen']);
    const stop = one.follow('acme', () => undefined);
    await values.delete('phrases:acme');
    await clock.advance(10_000);
    expect((await other.read('acme'))?.phrases).toEqual(['Nguyen']);
    // What is set meanwhile by somebody who knew nothing is newer.
    await values.delete('phrases:acme');
    await replica().set('acme', ['Kowalczyk']);
    await clock.advance(10_000);
    expect(one.of('acme')).toEqual(['Kowalczyk']);
    expect((await replica().read('acme'))?.phrases).toEqual(['Kowalczyk']);
    stop();
  });

  it('are written again once a day, so that they are kept', async () => {
    const manager = replica();
    await manager.set('acme', ['Nguyen']);
    const stop = manager.follow('acme', () => undefined);
    await clock.advance(3_600_000);
    expect(store.writes).toBe(1);
    await clock.advance(86_400_000);
    expect(store.writes).toBe(2);
    stop();
  });

  it('survive rubbish in the store', async () => {
    await values.set('phrases:acme', '{"phrases": 1}', 1000);
    expect(await replica().read('acme')).toBeUndefined();
  });
});
