import { describe, expect, it } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { Aborted, childController, isAborted } from './abort.js';

describe('childController', () => {
  it('ends with its parent, for the same reason', () => {
    const parent = new AbortController();
    const child = childController(parent.signal);
    parent.abort(new Aborted('hangup'));
    expect(child.signal.reason).toBe(parent.signal.reason);
    expect(isAborted(child.signal.reason)).toBe(true);
  });

  it('of a parent that has ended has ended', () => {
    const child = childController(AbortSignal.abort(new Aborted('drain')));
    expect(child.signal.reason).toMatchObject({ kind: 'drain' });
  });

  it('does not end its parent, and lets go of it', () => {
    const parent = new AbortController();
    const child = childController(parent.signal);
    expect(getEventListeners(parent.signal, 'abort')).toHaveLength(1);
    child.abort(new Aborted('barge_in'));
    expect(parent.signal.aborted).toBe(false);
    expect(getEventListeners(parent.signal, 'abort')).toEqual([]);
  });
});
