import { Injectable } from '@nestjs/common';
import type { Context } from '@opentelemetry/api';
import type { IncomingMessage } from 'node:http';
import type { Principal } from '../auth/principal.js';
import { ListenConfig } from '../config/listen.config.js';
import { contextOf } from '../kernel/live-span.js';
import { SttDrivers } from '../speech/speech-drivers.js';
import { SlotAdmission } from '../voice/slot-admission.js';
import { UpgradeGuard } from '../voice/upgrade-guard.js';
import { type Admission, type Ticket, UpgradePolicy } from '../voice/upgrade-policy.js';
import { primaryOf } from './hearing/listening-hints.js';
import { type ListenParameters, parseListenParameters } from './listen-parameters.js';

export interface ListenTicket extends Ticket {
  readonly parameters: ListenParameters;
  readonly caller: Principal;
  /** The trace that the request belongs to. */
  readonly traceParent?: Context;
}

/** Admission to `WS /api/v1/listen/ws`: credentials, parameters, then a session slot. */
@Injectable()
export class ListenAdmission extends UpgradePolicy<ListenTicket> {
  constructor(
    private readonly guard: UpgradeGuard,
    private readonly config: ListenConfig,
    private readonly recognisers: SttDrivers,
    private readonly slots: SlotAdmission,
  ) {
    super();
  }

  async admit(request: IncomingMessage, url: URL, signal: AbortSignal): Promise<Admission<ListenTicket>> {
    const caller = await this.guard.check(request, url);
    if ('status' in caller) return { admitted: false, refusal: caller };
    const parameters = parseListenParameters(url.searchParams, this.config.conversationTimeoutMs);
    if (typeof parameters === 'string') return badParameter(parameters);
    const { languages } = this.recognisers;
    if (!languages.includes(primaryOf(parameters.language)))
      return badParameter(
        `Parameter "language": no recogniser here understands "${parameters.language}"; allowed are ${languages.join(', ')}`,
      );
    const admission = await this.slots.acquire(signal);
    if (!admission.admitted) return admission;
    const traceParent = contextOf(request.headers);
    return { admitted: true, ticket: { ...admission.ticket, parameters, caller, traceParent } };
  }
}

function badParameter(message: string): Admission<never> {
  return { admitted: false, refusal: { status: 400, code: 'invalid_parameter', message } };
}
