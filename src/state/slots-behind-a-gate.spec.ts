import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock } from '../kernel/clock.js';
import { ParleyError } from '../kernel/errors.js';
import { type SlotGate, SessionSlots, type SlotLease } from './session-slots.js';

const never = new AbortController().signal;

/** Slots of all replicas, of which others take some; answers after a while. */
class ScriptedGate implements SlotGate {
  own = 0;
  others = 0;
  questions = 0;

  constructor(
    private readonly limit: number,
    private readonly clock: ManualClock,
    private readonly delayMs = 1,
  ) {}

  get share(): number {
    return Math.max(0, this.limit - this.others);
  }

  async take(): Promise<boolean> {
    this.questions++;
    await this.clock.delay(this.delayMs);
    if (this.own + this.others >= this.limit) return false;
    this.own++;
    return true;
  }

  give(): void {
    this.own--;
  }
}

function setUp({ limit, capacity, queue }: { limit: number; capacity: number; queue: number }) {
  const clock = new ManualClock();
  const gate = new ScriptedGate(limit, clock);
  return { clock, gate, slots: new SessionSlots({ capacity, queue }, clock, gate) };
}

describe('SessionSlots behind a gate', () => {
  it('asks for each slot, and gives it back', async () => {
    const { clock, gate, slots } = setUp({ limit: 2, capacity: 5, queue: 5 });
    const both = Promise.all([slots.acquire(0, never), slots.acquire(0, never)]);
    const third = expect(slots.acquire(0, never)).rejects.toMatchObject({ code: 'at_capacity' });
    await clock.advance(1);
    const leases = await both;
    await third;
    expect([slots.active, gate.own, slots.capacity]).toEqual([2, 2, 2]);
    for (const lease of leases) lease.release();
    expect([slots.active, slots.waiting, gate.own, clock.pending]).toEqual([0, 0, 0, 0]);
  });

  it('counts what it asks for as active, so that a drain waits for it, but as granted only then', async () => {
    const { clock, slots } = setUp({ limit: 1, capacity: 5, queue: 5 });
    const first = slots.acquire(0, never);
    const second = expect(slots.acquire(0, never)).rejects.toMatchObject({ code: 'at_capacity' });
    expect([slots.active, slots.granted]).toEqual([2, 0]);
    await clock.advance(1);
    await second;
    expect([slots.active, slots.granted]).toEqual([1, 1]);
    (await first).release();
    expect([slots.active, slots.granted]).toEqual([0, 0]);
  });

  it('does not ask when there is no room here', async () => {
    const { clock, gate, slots } = setUp({ limit: 10, capacity: 1, queue: 0 });
    const held = slots.acquire(0, never);
    await clock.advance(1);
    await expect(slots.acquire(5000, never)).rejects.toMatchObject({ code: 'at_capacity' });
    expect([gate.questions, slots.capacity]).toEqual([1, 1]);
    (await held).release();
  });

  it('asks again for those who wait, the first of them first, until they have given up', async () => {
    const { clock, gate, slots } = setUp({ limit: 1, capacity: 5, queue: 5 });
    gate.others = 1;
    const order: string[] = [];
    const first = slots.acquire(10_000, never).then((lease) => (order.push('first'), lease));
    const second = slots.acquire(10_000, never).then((lease) => (order.push('second'), lease));
    const third = expect(slots.acquire(2000, never)).rejects.toMatchObject({ code: 'at_capacity' });
    await clock.advance(2000);
    await third;
    expect([order, slots.waiting]).toEqual([[], 2]);
    // Once for each of them, and then for the first every 250 ms.
    expect(gate.questions).toBeLessThanOrEqual(3 + 2000 / 250);
    gate.others = 0;
    await clock.advance(300);
    expect(order).toEqual(['first']);
    // Handed on without asking.
    (await first).release();
    (await second).release();
    expect([order, gate.own, slots.active, clock.pending]).toEqual([['first', 'second'], 0, 0, 0]);
  });

  it('takes nobody who comes later before those who wait', async () => {
    const { clock, gate, slots } = setUp({ limit: 1, capacity: 5, queue: 1 });
    gate.others = 1;
    const waits = slots.acquire(10_000, never);
    await clock.advance(10);
    await expect(slots.acquire(0, never)).rejects.toMatchObject({ code: 'at_capacity' });
    await expect(slots.acquire(10_000, never)).rejects.toMatchObject({ code: 'at_capacity' });
    gate.others = 0;
    await clock.advance(300);
    (await waits).release();
  });

  it('gives back what comes for a caller who has gone, or who was sent away meanwhile', async () => {
    const { clock, gate, slots } = setUp({ limit: 5, capacity: 5, queue: 5 });
    const caller = new AbortController();
    const gone = expect(slots.acquire(0, caller.signal)).rejects.toThrow('gone');
    caller.abort(new Error('gone'));
    const sent = expect(slots.acquire(1000, never)).rejects.toMatchObject({ code: 'overloaded' });
    slots.suspend(() => new ParleyError('overloaded', 'no'));
    const idle = slots.idle();
    await clock.advance(1);
    await Promise.all([gone, sent, idle]);
    expect([gate.own, slots.active, slots.waiting, clock.pending]).toEqual([0, 0, 0, 0]);
  });

  it('never holds more than it may, and loses no slot, whatever happens in which order', async () => {
    const action = fc.constantFrom(
      'acquire',
      'hurry',
      'release',
      'abort',
      'time',
      'others',
      'fewer',
      'suspend',
      'resume',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 3 }),
        fc.array(action, { maxLength: 80 }),
        async (limit, capacity, queue, script) => {
          const { clock, gate, slots } = setUp({ limit, capacity, queue });
          const held: SlotLease[] = [];
          const callers: AbortController[] = [];
          for (const step of script) {
            if (step === 'acquire' || step === 'hurry') {
              const caller = new AbortController();
              callers.push(caller);
              slots.acquire(step === 'hurry' ? 0 : 600, caller.signal).then(
                (lease) => held.push(lease),
                () => undefined,
              );
            } else if (step === 'abort') callers.shift()?.abort(new Error('gone'));
            else if (step === 'time') await clock.advance(120);
            else if (step === 'others') gate.others = Math.min(limit - gate.own, gate.others + 1);
            else if (step === 'fewer') gate.others = Math.max(0, gate.others - 1);
            else if (step === 'suspend') slots.suspend(() => new ParleyError('overloaded', 'no'));
            else if (step === 'resume') slots.resume();
            else held.shift()?.release();
            await clock.advance(0);
            expect(slots.active).toBeLessThanOrEqual(capacity);
            expect(held.length).toBeLessThanOrEqual(Math.min(capacity, limit));
          }
          await clock.advance(2000);
          expect(slots.active).toBe(held.length);
          expect(gate.own).toBe(held.length);
          for (const lease of held) lease.release();
          expect([gate.own, slots.active, slots.waiting, clock.pending]).toEqual([0, 0, 0, 0]);
        },
      ),
      { numRuns: 200 },
    );
  });
});
