import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { UpgradeGuard } from '../../voice/upgrade-guard.js';
import { type Admission, type Ticket, UpgradePolicy } from '../../voice/upgrade-policy.js';
import { PromisedSlots } from '../promised-slots.js';
import { PublicAddress } from '../public-address.js';
import { TwilioAccess } from './twilio-access.js';

/** Admission to `WS /api/v1/twilio/media`: signature, then a session slot. What call it is comes with `start`. */
@Injectable()
export class TwilioAdmission extends UpgradePolicy {
  constructor(
    private readonly access: TwilioAccess,
    private readonly address: PublicAddress,
    private readonly guard: UpgradeGuard,
    private readonly slots: PromisedSlots,
  ) {
    super();
  }

  async admit(request: IncomingMessage, _url: URL, signal: AbortSignal): Promise<Admission<Ticket>> {
    const signed = this.address.webSocket(request, request.url ?? '/');
    const refusal = this.access.check(request, signed, {}) ?? this.guard.closedToCalls();
    return refusal ? { admitted: false, refusal } : await this.slots.acquire(signal);
  }
}
