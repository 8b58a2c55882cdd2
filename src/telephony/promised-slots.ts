import { Injectable } from '@nestjs/common';
import { Clock, type Timer } from '../kernel/clock.js';
import { DrainState } from '../lifecycle/drain-state.js';
import { SlotAdmission } from '../voice/slot-admission.js';
import type { Admission, Refusal, Ticket } from '../voice/upgrade-policy.js';

/** Twilio hangs up on a webhook that takes 15 s, and who has set more for calls wants an answer before. */
const MAX_WAIT_MS = 10_000;
/** From the answer to the webhook to the stream; it is there in less than a second, if it comes. */
const KEPT_MS = 3000;

/**
 * The slots of calls that are rung through: while all are held, the webhook waits for one (the caller hears it ring), and
 * the slot that it got is kept for the stream. Otherwise everybody who waits would be told to connect by the first slot
 * that comes free, and all but one would be cut off without a word.
 */
@Injectable()
export class PromisedSlots {
  private readonly kept = new Map<Ticket, Timer>();

  constructor(
    private readonly slots: SlotAdmission,
    private readonly clock: Clock,
    drain: DrainState,
  ) {
    drain.onBegin(() => {
      for (const ticket of this.kept.keys()) this.take(ticket).release();
    });
  }

  /**
   * For the webhook: the reason to turn the caller away, if there is one.
   * @param signal aborts when Twilio no longer waits for the answer.
   */
  async promise(signal: AbortSignal): Promise<Refusal | undefined> {
    // Nothing is kept then: the stream finds it itself, and waits if somebody was faster.
    if (this.slots.hasRoom) return undefined;
    const admission = await this.slots.acquire(signal, MAX_WAIT_MS);
    if (!admission.admitted) return admission.refusal;
    const { ticket } = admission;
    this.kept.set(
      ticket,
      this.clock.setTimeout(() => this.take(ticket).release(), KEPT_MS),
    );
    return undefined;
  }

  /** For the stream: a slot that is kept for whichever call, as none says which it is before its `start`; or the next one. */
  acquire(signal: AbortSignal): Promise<Admission<Ticket>> {
    const [ticket] = this.kept.keys();
    return ticket ? Promise.resolve({ admitted: true, ticket: this.take(ticket) }) : this.slots.acquire(signal);
  }

  private take(ticket: Ticket): Ticket {
    this.kept.get(ticket)?.cancel();
    this.kept.delete(ticket);
    return ticket;
  }
}
