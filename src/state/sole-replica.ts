import type { Clock } from '../kernel/clock.js';
import { ParleyError } from '../kernel/errors.js';
import { type Peers, SharedState } from './shared-state.js';
import type { KeyValueStore } from './store/key-value-store.js';
import { MemoryKeyValueStore } from './store/memory-key-value-store.js';

/** State in memory: there is no other replica, or none that this one knows of. */
export class SoleReplica extends SharedState {
  readonly place = 'state in memory';
  readonly store: KeyValueStore;
  readonly slotGate = undefined;
  readonly peers: Peers = {
    sessions: () => Promise.resolve([]),
    find: () => Promise.resolve(undefined),
    ask: () => Promise.reject(new ParleyError('not_found', 'There is no such session')),
    serve: () => undefined,
  };

  constructor(clock: Clock) {
    super();
    this.store = new MemoryKeyValueStore(clock);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  check(): Promise<Record<string, unknown>> {
    return Promise.resolve({ configured: false });
  }
}
