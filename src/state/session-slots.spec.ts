import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock } from '../kernel/clock.js';
import { ParleyError } from '../kernel/errors.js';
import { SessionSlots, type SlotLease } from './session-slots.js';

const never = new AbortController().signal;

describe('SessionSlots', () => {
  it('refuses after the time to wait, as at capacity', async () => {
    const clock = new ManualClock();
    const slots = new SessionSlots(1, clock);
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
    const slots = new SessionSlots(1, new ManualClock());
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

  it('counts a release once', async () => {
    const slots = new SessionSlots(2, new ManualClock());
    const lease = await slots.acquire(0, never);
    await slots.acquire(0, never);
    lease.release();
    lease.release();
    expect(slots.active).toBe(1);
  });

  it('forgets a caller who goes away while waiting', async () => {
    const clock = new ManualClock();
    const slots = new SessionSlots(1, clock);
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
    const slots = new SessionSlots(2, clock);
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

  it('never holds more than its capacity, and loses no slot, whatever happens in which order', async () => {
    const action = fc.constantFrom('acquire', 'release', 'releaseTwice', 'abort', 'time', 'suspend', 'resume');
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(action, { maxLength: 80 }),
        async (capacity, script) => {
          const clock = new ManualClock();
          const slots = new SessionSlots(capacity, clock);
          const held: SlotLease[] = [];
          const callers: AbortController[] = [];
          for (const step of script) {
            if (step === 'acquire') {
              const caller = new AbortController();
              callers.push(caller);
              slots.acquire(100, caller.signal).then(
                (lease) => held.push(lease),
                () => undefined,
              );
            } else if (step === 'abort') callers.shift()?.abort(new Error('gone'));
            else if (step === 'time') await clock.advance(60);
            else if (step === 'suspend') slots.suspend(() => new ParleyError('overloaded', 'no'));
            else if (step === 'resume') slots.resume();
            else {
              const lease = held.shift();
              lease?.release();
              if (step === 'releaseTwice') lease?.release();
            }
            await clock.advance(0);
            expect(slots.active).toBeLessThanOrEqual(capacity);
            expect(slots.active).toBe(held.length);
          }
          await clock.advance(1000);
          for (const lease of held) lease.release();
          expect([slots.active, slots.waiting, clock.pending]).toEqual([0, 0, 0]);
        },
      ),
      { numRuns: 50 },
    );
  });
});
