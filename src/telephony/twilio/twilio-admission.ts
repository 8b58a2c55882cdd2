import { Injectable } from '@nestjs/common';
import { DEFAULT_TENANT } from '../../auth/principal.js';
import type { IncomingMessage } from 'node:http';
import { CallQuota } from '../../voice/call-quota.js';
import { UpgradeGuard } from '../../voice/upgrade-guard.js';
import { type Admission, type Ticket, UpgradePolicy } from '../../voice/upgrade-policy.js';
import { PromisedSlots } from '../promised-slots.js';
import { PublicAddress } from '../public-address.js';
import { AnnouncedCalls } from './announced-calls.js';
import { TwilioAccess } from './twilio-access.js';

/** Admission to `WS /api/v1/twilio/media`: signature, the quota of calls, then a session slot. What call it is comes with `start`. */
@Injectable()
export class TwilioAdmission extends UpgradePolicy {
  constructor(
    private readonly access: TwilioAccess,
    private readonly address: PublicAddress,
    private readonly guard: UpgradeGuard,
    private readonly announced: AnnouncedCalls,
    private readonly quota: CallQuota,
    private readonly slots: PromisedSlots,
  ) {
    super();
  }

  async admit(request: IncomingMessage, _url: URL, signal: AbortSignal): Promise<Admission<Ticket>> {
    const signed = this.address.webSocket(request, request.url ?? '/');
    const refusal =
      this.access.check(request, signed, {}) ??
      this.guard.closedToCalls() ??
      (this.announced.take() ? undefined : await this.quota.refusalOf({ tenant: DEFAULT_TENANT, subject: undefined }));
    return refusal ? { admitted: false, refusal } : await this.slots.acquire(signal);
  }
}
