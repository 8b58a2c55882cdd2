import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { Principal } from '../auth/principal.js';
import { Clock } from '../kernel/clock.js';
import { Overrides } from '../state/overrides.js';
import { CallChoices } from './call-choice.js';
import { SessionResumption } from './session-resumption.js';
import { SlotAdmission } from './slot-admission.js';
import { UpgradeGuard } from './upgrade-guard.js';
import { type Admission, type Ticket, UpgradePolicy } from './upgrade-policy.js';
import { parseVoiceParameters, type VoiceParameters } from './voice-parameters.js';

export interface VoiceTicket extends Ticket {
  readonly parameters: VoiceParameters;
  readonly caller: Principal;
  /** Clock time since which the caller waits. */
  readonly since: number;
}

/** Who had to wait for a slot has waited for longer; what they are to hear is not hurried for that. */
const MOST_WAITED_MS = 1000;

/** Admission to `WS /api/v1/voice/ws`: credentials, parameters, then a session slot. */
@Injectable()
export class VoiceAdmission extends UpgradePolicy<VoiceTicket> {
  constructor(
    private readonly guard: UpgradeGuard,
    private readonly choices: CallChoices,
    private readonly overrides: Overrides,
    private readonly slots: SlotAdmission,
    private readonly resumption: SessionResumption,
    private readonly clock: Clock,
  ) {
    super();
  }

  async admit(request: IncomingMessage, url: URL, signal: AbortSignal): Promise<Admission<VoiceTicket>> {
    const arrivedAt = this.clock.now();
    const asked = parseVoiceParameters(url.searchParams);
    const token = typeof asked === 'string' ? undefined : asked.resume;
    const comesBack = token && ((principal: Principal) => this.resumption.isKnown(principal.tenant, token));
    const caller = await this.guard.check(request, url, comesBack || undefined);
    if ('status' in caller) return { admitted: false, refusal: caller };
    if (typeof asked === 'string') return badParameter(asked);
    const parameters = await this.withOverride(asked, caller.tenant);
    const problem = this.choices.problemWith(parameters);
    if (problem) return badParameter(problem);
    const lost = parameters.resume && (await this.resumption.prepare(caller.tenant, parameters.resume));
    if (lost) return { admitted: false, refusal: lost };
    const admission = await this.slots.acquire(signal);
    if (!admission.admitted) return admission;
    const since = Math.max(arrivedAt, this.clock.now() - MOST_WAITED_MS);
    return { admitted: true, ticket: { ...admission.ticket, parameters, caller, since } };
  }

  /** What an operator has set for calls that name nothing; not for those that would be refused with it. */
  private async withOverride(asked: VoiceParameters, tenant: string): Promise<VoiceParameters> {
    if (asked.scenario !== undefined || asked.agent !== undefined) return asked;
    const override = await this.overrides.current(tenant);
    if (!override) return asked;
    const chosen = { ...asked, scenario: override.scenario, agent: override.agent };
    return this.choices.problemWith(chosen) === undefined ? chosen : asked;
  }
}

function badParameter(message: string): Admission<never> {
  return { admitted: false, refusal: { status: 400, code: 'invalid_parameter', message } };
}
