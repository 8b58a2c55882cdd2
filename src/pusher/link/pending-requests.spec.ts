import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../kernel/clock.js';
import { PendingRequests } from './pending-requests.js';

function setUp(capacity = 3) {
  const clock = new ManualClock();
  const dropped: string[] = [];
  const limits = { capacity, timeoutMs: 120_000, maxRetries: 3 };
  const pending = new PendingRequests(clock, limits, (id) => dropped.push(id));
  const add = (...ids: string[]): void => ids.forEach((id) => pending.add(id, Buffer.from(id)));
  const due = (): string[] => pending.due().map(String);
  return { clock, dropped, pending, add, due };
}

describe('pending requests', () => {
  it('are sent in order, each once, however often they are made', () => {
    const { add, due, pending } = setUp();
    add('a', 'b', 'a', 'c', 'b');
    expect(due()).toEqual(['a', 'b', 'c']);
    add('b');
    expect(due()).toEqual([]);
    expect(pending.size).toBe(3);
  });

  it('are sent again three times, and then kept until there is a new connection', async () => {
    const { add, clock, due, pending } = setUp();
    add('a');
    due();
    await clock.advance(119_999);
    expect(due()).toEqual([]);
    for (let retry = 0; retry < 3; retry++) {
      await clock.advance(120_000);
      expect(due()).toEqual(['a']);
    }
    await clock.advance(600_000);
    expect(due()).toEqual([]);
    expect(pending.oldestMs).toBe(119_999 + 360_000 + 600_000);
    pending.replay();
    expect(due()).toEqual(['a']);
    await clock.advance(120_000);
    expect(due()).toEqual(['a']);
  });

  it('that are accepted are asked for only on the next connection, until there is a result', async () => {
    const { add, clock, due, pending } = setUp();
    add('a', 'b');
    due();
    pending.accept('a');
    expect(pending.allAccepted).toBe(false);
    pending.accept('b');
    expect(pending.allAccepted).toBe(true);
    await clock.advance(1_000_000);
    expect(due()).toEqual([]);
    pending.replay();
    expect(due()).toEqual(['a', 'b']);
    expect(pending.settle('a')).toBe(true);
    expect(pending.settle('a')).toBe(false);
    pending.replay();
    expect(due()).toEqual(['b']);
  });

  it('make room when there are too many: first one that is accepted, else the oldest', () => {
    const { add, dropped, due, pending } = setUp();
    add('a', 'b', 'c');
    pending.accept('b');
    add('d');
    expect(dropped).toEqual(['b']);
    add('e');
    expect(dropped).toEqual(['b', 'a']);
    expect(due()).toEqual(['c', 'd', 'e']);
  });
});
