import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../kernel/clock.js';
import { ParleyError } from '../kernel/errors.js';
import { Overrides } from './overrides.js';
import { MemoryKeyValueStore } from './store/memory-key-value-store.js';

/** Counts what is read, and fails while it is told to. */
class WatchedStore extends MemoryKeyValueStore {
  reads = 0;
  failing = false;

  override get(key: string): Promise<string | undefined> {
    this.reads++;
    if (this.failing) return Promise.reject(new ParleyError('state_unavailable', 'away', true));
    return super.get(key);
  }
}

function setUp() {
  const clock = new ManualClock();
  const store = new WatchedStore(clock);
  return { clock, store, overrides: new Overrides(store, clock), elsewhere: new Overrides(store, clock) };
}

describe('Overrides', () => {
  it('are in effect at once where they are set, and on the other replicas within two seconds', async () => {
    const { clock, overrides, elsewhere } = setUp();
    expect(await elsewhere.current('default')).toBeUndefined();
    const set = await overrides.set('default', { agent: 'fraud' }, 60_000);
    expect(await overrides.current('default')).toEqual(set);
    expect(await elsewhere.current('default')).toBeUndefined();
    await clock.advance(2000);
    expect(await elsewhere.current('default')).toEqual({ agent: 'fraud', until: clock.wallTime() - 2000 + 60_000 });
    await overrides.clear('default');
    await clock.advance(2000);
    expect(await elsewhere.current('default')).toBeUndefined();
  });

  it('are over when their time is, however lately they were read', async () => {
    const { clock, overrides } = setUp();
    await overrides.set('default', { scenario: 'holiday' }, 1500);
    await clock.advance(1499);
    expect(await overrides.current('default')).toMatchObject({ scenario: 'holiday' });
    await clock.advance(1);
    expect(await overrides.current('default')).toBeUndefined();
  });

  it('are those of one tenant', async () => {
    const { overrides } = setUp();
    await overrides.set('acme', { agent: 'fraud' }, 60_000);
    expect([await overrides.current('acme'), await overrides.current('other')]).toMatchObject([
      { agent: 'fraud' },
      undefined,
    ]);
  });

  it('are read once for however many calls that come together', async () => {
    const { clock, store, overrides } = setUp();
    await Promise.all(Array.from({ length: 50 }, () => overrides.current('default')));
    await overrides.current('default');
    expect(store.reads).toBe(1);
    await clock.advance(2000);
    await overrides.current('default');
    expect(store.reads).toBe(2);
  });

  it('stay as they were last known while the store is away, until they are over', async () => {
    const { clock, store, overrides } = setUp();
    await overrides.set('default', { agent: 'fraud' }, 10_000);
    store.failing = true;
    await clock.advance(5000);
    for (let call = 0; call < 10; call++) expect(await overrides.current('default')).toMatchObject({ agent: 'fraud' });
    expect(store.reads).toBe(1);
    expect(await overrides.current('other')).toBeUndefined();
    await clock.advance(5000);
    expect(await overrides.current('default')).toBeUndefined();
    await expect(overrides.read('default')).rejects.toMatchObject({ code: 'state_unavailable' });
  });

  it('override nothing with what is none', async () => {
    const { clock, store, overrides } = setUp();
    for (const rubbish of ['', '{', 'null', '[]', '{"agent":1,"until":9e15}', '{"agent":"x"}']) {
      await store.set('override:default', rubbish, 60_000);
      expect(await overrides.current('default')).toBeUndefined();
      await clock.advance(2000);
    }
  });
});
