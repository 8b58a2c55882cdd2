import { Injectable } from '@nestjs/common';
import { VoiceConfig } from '../config/voice.config.js';
import { isAborted } from '../kernel/abort.js';
import { ParleyError, messageOf } from '../kernel/errors.js';
import { DrainState } from '../lifecycle/drain-state.js';
import { admitsSessions } from '../state/overload/overload-level.js';
import { OverloadMonitor } from '../state/overload/overload-monitor.js';
import { Overloaded } from '../state/overload/overloaded.js';
import { SessionSlots } from '../state/session-slots.js';
import type { Admission, Refusal, Ticket } from './upgrade-policy.js';

const RETRY_AFTER_SECONDS = 5;

/** The last thing every call needs to be let in: a session slot, in the order of arrival. */
@Injectable()
export class SlotAdmission {
  constructor(
    private readonly slots: SessionSlots,
    private readonly config: VoiceConfig,
    private readonly overload: OverloadMonitor,
    drain: DrainState,
  ) {
    drain.onBegin(() =>
      slots.refuseWaiting(new ParleyError('draining', 'The server is restarting, please try again', true)),
    );
  }

  /** Whether the next one would be let in without waiting. */
  get hasRoom(): boolean {
    return this.slots.active < this.slots.capacity && admitsSessions(this.overload.level);
  }

  /**
   * @param signal aborts when the client goes away while it waits.
   * @param atMostMs for one who cannot wait as long as the others.
   */
  async acquire(signal: AbortSignal, atMostMs = Infinity): Promise<Admission<Ticket>> {
    try {
      const lease = await this.slots.acquire(Math.min(this.config.acquireTimeoutMs, atMostMs), signal);
      return { admitted: true, ticket: { release: () => lease.release() } };
    } catch (error) {
      return { admitted: false, refusal: fromError(error) };
    }
  }
}

function fromError(error: unknown): Refusal {
  const code = error instanceof ParleyError && !isAborted(error) ? error.code : 'at_capacity';
  const retryAfterSeconds =
    error instanceof Overloaded ? Math.max(1, Math.ceil(error.retryAfterMs / 1000)) : RETRY_AFTER_SECONDS;
  return { status: 503, code, message: messageOf(error), retryAfterSeconds };
}
