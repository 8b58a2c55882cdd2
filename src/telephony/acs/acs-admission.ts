import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { ParleyError } from '../../kernel/errors.js';
import { UpgradeGuard } from '../../voice/upgrade-guard.js';
import { type Admission, type Refusal, type Ticket, UpgradePolicy } from '../../voice/upgrade-policy.js';
import { PromisedSlots } from '../promised-slots.js';
import { AcsAccess } from './acs-access.js';
import { type AcsCallPlan, AcsLiveCalls } from './acs-live-calls.js';

export interface AcsTicket extends Ticket {
  readonly plan: AcsCallPlan;
  readonly callId: string;
}

const CALL_ID = /^[\w-]{1,128}$/;

/** Admission to `WS /api/v1/acs/media`: the service's token, the call that it is for, then a session slot. */
@Injectable()
export class AcsAdmission extends UpgradePolicy<AcsTicket> {
  constructor(
    private readonly access: AcsAccess,
    private readonly calls: AcsLiveCalls,
    private readonly guard: UpgradeGuard,
    private readonly slots: PromisedSlots,
  ) {
    super();
  }

  async admit(request: IncomingMessage, url: URL, signal: AbortSignal): Promise<Admission<AcsTicket>> {
    const refusal = (await this.access.checkService(request)) ?? this.guard.closedToCalls();
    if (refusal) return { admitted: false, refusal };
    const callId = request.headers['x-ms-call-connection-id'];
    if (typeof callId !== 'string' || !CALL_ID.test(callId))
      return refused(400, 'invalid_parameter', 'Header "x-ms-call-connection-id": the id of a call is needed');
    const plan = await this.planOf(url.searchParams.get('call') ?? '');
    if ('status' in plan) return { admitted: false, refusal: plan };
    const admission = await this.slots.acquire(signal);
    return admission.admitted ? { admitted: true, ticket: { ...admission.ticket, plan, callId } } : admission;
  }

  private async planOf(token: string): Promise<AcsCallPlan | Refusal> {
    try {
      return (
        (await this.calls.take(token)) ?? {
          status: 403,
          code: 'forbidden',
          message: 'Parameter "call": no call is expected by this name',
        }
      );
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      return { status: 503, code: error.code, message: 'Calls cannot be found at the moment', retryAfterSeconds: 5 };
    }
  }
}

function refused(status: Refusal['status'], code: string, message: string): Admission<never> {
  return { admitted: false, refusal: { status, code, message } };
}
