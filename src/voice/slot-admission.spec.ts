import { expect, it } from '@jest/globals';
import { VoiceConfig } from '../config/voice.config.js';
import { ManualClock } from '../kernel/clock.js';
import { DrainState } from '../lifecycle/drain-state.js';
import type { OverloadLevel } from '../state/overload/overload-level.js';
import type { OverloadMonitor } from '../state/overload/overload-monitor.js';
import { SessionSlots } from '../state/session-slots.js';
import { SlotAdmission } from './slot-admission.js';

const never = new AbortController().signal;

function setUp(): { overload: { level: OverloadLevel }; drain: DrainState; admission: SlotAdmission } {
  const overload: { level: OverloadLevel } = { level: 'NORMAL' };
  const drain = new DrainState();
  const config = Object.assign(new VoiceConfig(), { acquireTimeoutMs: 1000 });
  const slots = new SessionSlots({ capacity: 1, queue: 100 }, new ManualClock());
  return { overload, drain, admission: new SlotAdmission(slots, config, overload as OverloadMonitor, drain) };
}

it('has room while there is a slot, and the process is not overloaded', async () => {
  const { overload, admission } = setUp();
  expect(admission.hasRoom).toBe(true);
  overload.level = 'CRITICAL';
  expect(admission.hasRoom).toBe(true);
  overload.level = 'OVERLOADED';
  expect(admission.hasRoom).toBe(false);
  overload.level = 'NORMAL';
  const admitted = await admission.acquire(never);
  expect(admission.hasRoom).toBe(false);
  if (admitted.admitted) admitted.ticket.release();
  expect(admission.hasRoom).toBe(true);
});

it('sends those who wait away when the server stops', async () => {
  const { drain, admission } = setUp();
  await admission.acquire(never);
  const waiting = admission.acquire(never);
  drain.begin();
  expect(await waiting).toMatchObject({ admitted: false, refusal: { status: 503, code: 'draining' } });
});
