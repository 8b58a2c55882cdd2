import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock } from '../kernel/clock.js';
import { ParleyError } from '../kernel/errors.js';
import { SessionSlots, type SlotLease } from './session-slots.js';

const never = new AbortController().signal;

function refusals(slots: SessionSlots): number {
  return [...slots.refusals.values()].reduce((sum, count) => sum + count, 0);
}

describe('SessionSlots', () => {
  it('refuses after the time to wait, as at capacity', async () => {
    const clock = new ManualClock();
    const slots = new SessionSlots({ capacity: 1, queue: 10 }, clock);
    await slots.acquire(0, never);
    await expect(slots.acquire(0, never)).rejects.toMatchObject({ code: 'at_capacity' });
    const waiting = slots.acquire(5000, never);
    const refused = expect(waiting).rejects.toMatchObject({ code: 'at_capacity', retryable: true });
    await clock.advance(4999);
    expect(slots.waiting).toBe(1);
    await clock.advance(1);
    await refused;
    expect(slots.waiting).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('gives a free slot to the one who has waited longest', async () => {
    const slots = new SessionSlots({ capacity: 1, queue: 10 }, new ManualClock());
    const first = await slots.acquire(0, never);
    const order: string[] = [];
    const second = slots.acquire(5000, never).then((lease) => (order.push('second'), lease));
    const third = slots.acquire(5000, never).then((lease) => (order.push('third'), lease));
    first.release();
    (await second).release();
    (await third).release();
    expect(order).toEqual(['second', 'third']);
    expect(slots.active).toBe(0);
  });

  it('lets no more wait than there is room for', async () => {
    const clock = new ManualClock();
    const slots = new SessionSlots({ capacity: 1, queue: 1 }, clock);
    const held = await slots.acquire(5000, never);
    const caller = new AbortController();
    const first = expect(slots.acquire(5000, caller.signal)).rejects.toThrow('gone');
    await expect(slots.acquire(5000, never)).rejects.toMatchObject({ code: 'at_capacity', retryable: true });
    caller.abort(new Error('gone'));
    await first;
    const second = slots.acquire(5000, never);
    await expect(slots.acquire(5000, never)).rejects.toMatchObject({ code: 'at_capacity' });
    held.release();
    (await second).release();
    expect([slots.active, slots.waiting, clock.pending, slots.refusals.get('at_capacity')]).toEqual([0, 0, 0, 2]);
  });

  it('lets nobody wait where the queue has no room at all', async () => {
    const slots = new SessionSlots({ capacity: 1, queue: 0 }, new ManualClock());
    await slots.acquire(5000, never);
    await expect(slots.acquire(5000, never)).rejects.toMatchObject({ code: 'at_capacity' });
  });

  it('counts a release once', async () => {
    const slots = new SessionSlots({ capacity: 2, queue: 10 }, new ManualClock());
    const lease = await slots.acquire(0, never);
    await slots.acquire(0, never);
    lease.release();
    lease.release();
    expect(slots.active).toBe(1);
  });

  it('forgets a caller who goes away while waiting', async () => {
    const clock = new ManualClock();
    const slots = new SessionSlots({ capacity: 1, queue: 10 }, clock);
    const held = await slots.acquire(0, never);
    const caller = new AbortController();
    const waiting = slots.acquire(5000, caller.signal);
    caller.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    held.release();
    expect([slots.active, slots.waiting, clock.pending]).toEqual([0, 0, 0]);
  });

  it('gives nobody a slot while it is suspended, and counts who got none', async () => {
    const clock = new ManualClock();
    const slots = new SessionSlots({ capacity: 2, queue: 10 }, clock);
    const first = await slots.acquire(0, never);
    await slots.acquire(0, never);
    const waiting = expect(slots.acquire(5000, never)).rejects.toMatchObject({ code: 'overloaded' });
    await expect(slots.acquire(0, never)).rejects.toMatchObject({ code: 'at_capacity' });
    slots.suspend(() => new ParleyError('overloaded', 'no'));
    await waiting;
    first.release();
    await expect(slots.acquire(5000, never)).rejects.toMatchObject({ code: 'overloaded' });
    expect([...slots.refusals]).toEqual([
      ['at_capacity', 1],
      ['overloaded', 2],
    ]);
    expect([slots.active, slots.waiting, clock.pending]).toEqual([1, 0, 0]);
    slots.resume();
    await slots.acquire(0, never);
    expect(slots.active).toBe(2);
  });

  it('never holds or lets wait more than it may, and loses no slot, whatever happens in which order', async () => {
    const action = fc.constantFrom('acquire', 'release', 'releaseTwice', 'abort', 'time', 'suspend', 'resume');
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 3 }),
        fc.array(action, { maxLength: 80 }),
        async (capacity, queue, script) => {
          const clock = new ManualClock();
          const slots = new SessionSlots({ capacity, queue }, clock);
          let suspended = false;
          const held: SlotLease[] = [];
          const callers: AbortController[] = [];
          for (const step of script) {
            if (step === 'acquire') {
              const caller = new AbortController();
              callers.push(caller);
              const full = suspended || (slots.active === capacity && slots.waiting === queue);
              const before = refusals(slots);
              slots.acquire(100, caller.signal).then(
                (lease) => held.push(lease),
                () => undefined,
              );
              // At once when there is no room, and only then.
              expect(refusals(slots) - before).toBe(full ? 1 : 0);
            } else if (step === 'abort') callers.shift()?.abort(new Error('gone'));
            else if (step === 'time') await clock.advance(60);
            else if (step === 'suspend' || step === 'resume') {
              suspended = step === 'suspend';
              if (suspended) slots.suspend(() => new ParleyError('overloaded', 'no'));
              else slots.resume();
            } else {
              const lease = held.shift();
              lease?.release();
              if (step === 'releaseTwice') lease?.release();
            }
            await clock.advance(0);
            expect(slots.active).toBeLessThanOrEqual(capacity);
            expect(slots.active).toBe(held.length);
            expect(slots.waiting).toBeLessThanOrEqual(slots.active === capacity ? queue : 0);
          }
          await clock.advance(1000);
          for (const lease of held) lease.release();
          expect([slots.active, slots.waiting, clock.pending]).toEqual([0, 0, 0]);
        },
      ),
      { numRuns: 100 },
    );
  });
});
