import { describe, expect, it } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { ManualClock } from '../kernel/clock.js';
import { CallTrace } from './call-trace.js';
import { Generation } from './generation.js';
import { testAgent } from './testing/test-agent.js';
import type { Turn } from './turn.js';

const turn: Turn = { id: 'turn_1', source: 'text', text: 'hello', rejected: false, interruptible: true };
const clock = new ManualClock();
const trace = new CallTrace({
  clock,
  sessionId: 's',
  tenant: 'acme',
  scenario: 'test',
  agent: 'desk',
  since: 0,
  parent: undefined,
  earlier: undefined,
  content: undefined,
});
const begin = (session: AbortSignal): Generation =>
  new Generation('gen_1', turn, testAgent(), session, clock, trace.turn('gen_1', turn, 'desk', 0));

describe('Generation', () => {
  it('lets go of the session when it is over', async () => {
    const session = new AbortController();
    for (let count = 0; count < 100; count++) {
      const generation = begin(session.signal);
      generation.settle();
      await generation.settled;
    }
    expect(getEventListeners(session.signal, 'abort')).toEqual([]);
  });

  it('holds whoever waits until it is released', async () => {
    const generation = begin(new AbortController().signal);
    generation.hold();
    let released = false;
    const waiting = generation.whenReleased().then(() => (released = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(released).toBe(false);
    generation.release();
    await waiting;
    expect(released).toBe(true);
  });

  it('tells whoever waits that it was interrupted', async () => {
    const generation = begin(new AbortController().signal);
    generation.hold();
    const waiting = generation.whenReleased();
    generation.abort('barge_in');
    await expect(waiting).rejects.toMatchObject({ kind: 'barge_in' });
  });
});
