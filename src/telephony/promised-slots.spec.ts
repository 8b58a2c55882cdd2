import { describe, expect, it } from '@jest/globals';
import { VoiceConfig } from '../config/voice.config.js';
import { Aborted } from '../kernel/abort.js';
import { ManualClock } from '../kernel/clock.js';
import { DrainState } from '../lifecycle/drain-state.js';
import type { OverloadMonitor } from '../state/overload/overload-monitor.js';
import { Overloaded } from '../state/overload/overloaded.js';
import { SessionSlots } from '../state/session-slots.js';
import { SlotAdmission } from '../voice/slot-admission.js';
import type { Admission, Ticket } from '../voice/upgrade-policy.js';
import { PromisedSlots } from './promised-slots.js';

const never = new AbortController().signal;
const connected = undefined;

function setUp(acquireTimeoutMs = 5000) {
  const clock = new ManualClock();
  const drain = new DrainState();
  const slots = new SessionSlots({ capacity: 1, queue: 10 }, clock);
  const config = Object.assign(new VoiceConfig(), { acquireTimeoutMs });
  const admission = new SlotAdmission(slots, config, { level: 'NORMAL' } as OverloadMonitor, drain);
  return { clock, drain, slots, promised: new PromisedSlots(admission, clock, drain) };
}

function ticketOf(admission: Admission<Ticket>): Ticket {
  if (!admission.admitted) throw new Error(`refused: ${admission.refusal.code}`);
  return admission.ticket;
}

describe('a webhook that asks for a slot', () => {
  it('takes none while there is one', async () => {
    const { clock, slots, promised } = setUp();
    expect(await promised.promise(never)).toBe(connected);
    expect([slots.active, clock.pending]).toEqual([0, 0]);
  });

  it('waits for one that comes free, and it is kept for the stream, before everybody else', async () => {
    const { clock, slots, promised } = setUp();
    const live = await slots.acquire(0, never);
    const webhook = promised.promise(never);
    const native = slots.acquire(5000, never);
    await clock.advance(4000);
    live.release();
    expect(await webhook).toBe(connected);
    expect([slots.active, slots.waiting]).toEqual([1, 1]);
    await clock.advance(900);
    const ticket = ticketOf(await promised.acquire(never));
    expect([slots.active, slots.waiting]).toEqual([1, 1]);
    ticket.release();
    (await native).release();
    expect([slots.active, clock.pending]).toEqual([0, 0]);
  });

  it('is one of those who are told to connect for each slot that comes free; the others are turned away', async () => {
    const { clock, slots, promised } = setUp();
    const live = await slots.acquire(0, never);
    const webhooks = [promised.promise(never), promised.promise(never), promised.promise(never)];
    live.release();
    expect(await webhooks[0]).toBe(connected);
    const stream = ticketOf(await promised.acquire(never));
    await clock.advance(5000);
    expect(await Promise.all(webhooks.slice(1))).toMatchObject([{ code: 'at_capacity' }, { code: 'at_capacity' }]);
    stream.release();
    expect([slots.active, slots.waiting, clock.pending]).toEqual([0, 0, 0]);
  });

  it('gives the slot to the next one if no stream comes', async () => {
    const { clock, slots, promised } = setUp();
    const live = await slots.acquire(0, never);
    const webhook = promised.promise(never);
    live.release();
    await webhook;
    const next = promised.promise(never);
    await clock.advance(2999);
    expect(slots.waiting).toBe(1);
    await clock.advance(1);
    expect(await next).toBe(connected);
    await clock.advance(3000);
    expect([slots.active, clock.pending]).toEqual([0, 0]);
    // What has run out is nobody's any more: the stream that comes late takes one as every other.
    const late = ticketOf(await promised.acquire(never));
    expect(await promised.promise(AbortSignal.abort(new Aborted('hangup')))).toMatchObject({ status: 503 });
    expect(slots.active).toBe(1);
    late.release();
  });

  it('does not wait longer than Twilio does', async () => {
    const { clock, slots, promised } = setUp(60_000);
    await slots.acquire(0, never);
    const webhook = promised.promise(never);
    await clock.advance(9999);
    expect(slots.waiting).toBe(1);
    await clock.advance(1);
    expect(await webhook).toMatchObject({ status: 503, code: 'at_capacity' });
  });

  it('waits no more when Twilio has gone, the server is overloaded or stops', async () => {
    const { clock, drain, slots, promised } = setUp();
    await slots.acquire(0, never);
    const caller = new AbortController();
    const gone = promised.promise(caller.signal);
    caller.abort(new Aborted('hangup'));
    await gone;
    expect(slots.waiting).toBe(0);
    const overloaded = promised.promise(never);
    slots.suspend(() => new Overloaded(1000));
    expect(await overloaded).toMatchObject({ code: 'overloaded' });
    slots.resume();
    const draining = promised.promise(never);
    drain.begin();
    expect(await draining).toMatchObject({ code: 'draining' });
    expect([slots.waiting, clock.pending]).toEqual([0, 0]);
  });

  it('does not make a stop wait for a stream that will not be let in', async () => {
    const { clock, drain, slots, promised } = setUp();
    const live = await slots.acquire(0, never);
    const webhook = promised.promise(never);
    live.release();
    await webhook;
    expect(slots.active).toBe(1);
    drain.begin();
    expect([slots.active, clock.pending]).toEqual([0, 0]);
  });
});
