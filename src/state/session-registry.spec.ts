import { describe, expect, it } from '@jest/globals';
import { type LiveSession, SessionRegistry } from './session-registry.js';

const session = (id: string): LiveSession => ({
  pause: () => undefined,
  resume: () => undefined,
  id,
  describe: () => {
    throw new Error('not asked for');
  },
  close: () => Promise.resolve(),
});

describe('SessionRegistry', () => {
  it('tells of what is added and removed, and counts it', () => {
    const registry = new SessionRegistry();
    const changes: string[] = [];
    registry.onChange((id) => changes.push(`${id} ${registry.get(id) ? 'there' : 'gone'}`));
    registry.add(session('one'));
    registry.add(session('two'));
    registry.remove('one');
    registry.remove('one');
    expect(changes).toEqual(['one there', 'two there', 'one gone']);
    expect(registry.counts).toEqual({ connected: 2, disconnected: 1, active: 1 });
  });

  it('keeps a session that went on here before the one that it was has closed', () => {
    const registry = new SessionRegistry();
    registry.add(session('one'));
    const resumed = session('one');
    registry.add(resumed);
    const again = session('one');
    registry.add(again);
    registry.remove('one');
    registry.remove('one');
    expect([registry.get('one') === again, registry.active]).toEqual([true, 1]);
    registry.remove('one');
    expect([registry.get('one'), registry.counts]).toEqual([undefined, { connected: 3, disconnected: 3, active: 0 }]);
  });
});
