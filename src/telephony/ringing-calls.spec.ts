import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { metrics } from '@opentelemetry/api';
import { VoiceConfig } from '../config/voice.config.js';
import { ManualClock } from '../kernel/clock.js';
import { DrainState } from '../lifecycle/drain-state.js';
import type { OverloadMonitor } from '../state/overload/overload-monitor.js';
import { SessionSlots } from '../state/session-slots.js';
import type { CallQuota } from '../voice/call-quota.js';
import { SlotAdmission } from '../voice/slot-admission.js';
import type { UpgradeGuard } from '../voice/upgrade-guard.js';
import type { Refusal } from '../voice/upgrade-policy.js';
import { PromisedSlots } from './promised-slots.js';
import { RingingCalls } from './ringing-calls.js';

const refusalWith = (status: Refusal['status'], code: string): Refusal => ({ status, code, message: 'Not now' });
const ringing = new AbortController().signal;

/** Keeps what is counted, as an exporter would get it. */
class Recorder {
  readonly counted: [name: string, attributes: object][] = [];

  getMeter() {
    return {
      createCounter: (name: string) => ({
        add: (_: number, attributes: object) => void this.counted.push([name, attributes]),
      }),
    };
  }
}

describe('a call that rings', () => {
  let recorder: Recorder;
  beforeEach(() => {
    recorder = new Recorder();
    metrics.setGlobalMeterProvider(recorder as unknown as Parameters<typeof metrics.setGlobalMeterProvider>[0]);
  });
  afterEach(() => metrics.disable());

  function setUp({ closed, spent }: { closed?: Refusal; spent?: Refusal } = {}) {
    const clock = new ManualClock();
    const drain = new DrainState();
    const slots = new SessionSlots({ capacity: 1, queue: 1 }, clock);
    const config = Object.assign(new VoiceConfig(), { acquireTimeoutMs: 5000 });
    const admission = new SlotAdmission(slots, config, { level: 'NORMAL' } as OverloadMonitor, drain);
    const asked: unknown[] = [];
    const quota = {
      refusalOf: (caller: unknown) => {
        asked.push(caller);
        return Promise.resolve(spent);
      },
    };
    const guard = { closedToCalls: () => closed };
    const calls = new RingingCalls(
      guard as UpgradeGuard,
      quota as CallQuota,
      new PromisedSlots(admission, clock, drain),
    );
    return { clock, slots, asked, calls };
  }

  const outcomes = () => recorder.counted.map(([name, attributes]) => ({ name, ...attributes }));
  const counted = (provider: string, outcome: string) => ({ name: 'telephony.calls', provider, outcome });

  it('is admitted while there is room, within what its tenant may', async () => {
    const { calls, asked } = setUp();
    expect(await calls.refusalOf('acs', 'acme', ringing)).toBeUndefined();
    expect(asked).toEqual([{ tenant: 'acme', subject: undefined }]);
    expect(outcomes()).toEqual([counted('acs', 'admitted')]);
  });

  it.each([
    ['there are too many calls of the tenant', { spent: refusalWith(429, 'rate_limited') }, 'rate_limited'],
    ['its tenant has no audio left', { spent: refusalWith(429, 'budget_exhausted') }, 'budget_exhausted'],
    ['the server is restarting', { closed: refusalWith(503, 'draining') }, 'draining'],
  ])('is turned away, and counted, when %s', async (_, reasons, code) => {
    const { calls, slots } = setUp(reasons);
    expect(await calls.refusalOf('twilio', 'default', ringing)).toMatchObject({ code });
    expect(outcomes()).toEqual([counted('twilio', code)]);
    // That is not for want of slots.
    expect(slots.refusals.size).toBe(0);
  });

  it('costs its tenant nothing while no calls are taken', async () => {
    const { calls, asked } = setUp({ closed: refusalWith(503, 'draining') });
    await calls.refusalOf('twilio', 'default', ringing);
    expect(asked).toEqual([]);
  });

  it('is counted where sessions are, too, when there is no slot for it', async () => {
    const { calls, slots, clock } = setUp();
    const live = await slots.acquire(0, ringing);
    const refusal = calls.refusalOf('twilio', 'default', ringing);
    await clock.advance(5000);
    expect(await refusal).toMatchObject({ code: 'at_capacity' });
    expect(outcomes()).toEqual([counted('twilio', 'at_capacity')]);
    expect([...slots.refusals]).toEqual([['at_capacity', 1]]);
    live.release();
  });

  it('is nobody who was refused when it stops ringing first', async () => {
    const { calls, slots } = setUp();
    const live = await slots.acquire(0, ringing);
    const caller = new AbortController();
    const refusal = calls.refusalOf('acs', 'default', caller.signal);
    await Promise.resolve();
    caller.abort();
    expect(await refusal).toMatchObject({ status: 503 });
    expect(outcomes()).toEqual([counted('acs', 'gone')]);
    expect([slots.waiting, slots.refusals.size]).toEqual([0, 0]);
    live.release();
  });
});
