import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { VoiceConfig } from '../config/voice.config.js';
import { AgentCatalog } from '../agents/agent-catalog.js';
import { AgentsConfig } from '../config/agents.config.js';
import { isAborted } from '../kernel/abort.js';
import { ParleyError, messageOf } from '../kernel/errors.js';
import { DrainState } from '../lifecycle/drain-state.js';
import { SessionSlots, type SlotLease } from '../state/session-slots.js';
import { UpgradeGuard } from './upgrade-guard.js';
import { type Admission, type Refusal, type Ticket, UpgradePolicy } from './upgrade-policy.js';
import { parseVoiceParameters, type VoiceParameters } from './voice-parameters.js';

export interface VoiceTicket extends Ticket {
  readonly parameters: VoiceParameters;
}

const RETRY_AFTER_SECONDS = 5;

/** Admission to `WS /api/v1/voice/ws`: credentials, parameters, then a session slot, in the order of arrival. */
@Injectable()
export class VoiceAdmission extends UpgradePolicy<VoiceTicket> {
  constructor(
    private readonly guard: UpgradeGuard,
    private readonly slots: SessionSlots,
    private readonly config: VoiceConfig,
    private readonly agentsConfig: AgentsConfig,
    private readonly catalog: AgentCatalog,
    drain: DrainState,
  ) {
    super();
    drain.onBegin(() =>
      slots.refuseWaiting(new ParleyError('draining', 'The server is restarting, please try again', true)),
    );
  }

  async admit(request: IncomingMessage, url: URL, signal: AbortSignal): Promise<Admission<VoiceTicket>> {
    const refusal = this.guard.check(request, url);
    if (refusal) return { admitted: false, refusal };
    const parameters = parseVoiceParameters(url.searchParams);
    if (typeof parameters === 'string') return badParameter(parameters);
    const problem = this.unknownName(parameters) ?? this.otherLanguage(parameters);
    if (problem) return badParameter(problem);
    let lease: SlotLease;
    try {
      lease = await this.slots.acquire(this.config.acquireTimeoutMs, signal);
    } catch (error) {
      return { admitted: false, refusal: fromError(error) };
    }
    return { admitted: true, ticket: { parameters, release: () => lease.release() } };
  }

  /** An agent speaks its own language; a client that asks for another one must hear that before the call. */
  private otherLanguage({ agent, scenario, language }: VoiceParameters): string | undefined {
    if (language === undefined) return undefined;
    const chosen = this.catalog.agent(agent ?? this.catalog.scenario(scenario ?? this.agentsConfig.scenario).start);
    if (primaryOf(language) === primaryOf(chosen.language)) return undefined;
    return `Parameter "language": the agent "${chosen.name}" does not speak "${language}"; allowed is ${primaryOf(chosen.language)}, such as ${chosen.language}`;
  }

  private unknownName({ agent, scenario }: VoiceParameters): string | undefined {
    try {
      const chosen = this.catalog.scenario(scenario ?? this.agentsConfig.scenario);
      if (agent !== undefined && !chosen.agents.includes(agent)) {
        return `Parameter "agent": the scenario "${chosen.name}" has no "${agent}"; allowed are ${chosen.agents.join(', ')}`;
      }
      return undefined;
    } catch {
      const names = this.catalog.scenarios().map((known) => known.name);
      return `Parameter "scenario": there is no "${scenario}"; allowed are ${names.join(', ')}`;
    }
  }
}

function primaryOf(language: string): string {
  return language.split('-')[0]!.toLowerCase();
}

function badParameter(message: string): Admission<never> {
  return { admitted: false, refusal: { status: 400, code: 'invalid_parameter', message } };
}

function fromError(error: unknown): Refusal {
  const code = error instanceof ParleyError && !isAborted(error) ? error.code : 'at_capacity';
  return { status: 503, code, message: messageOf(error), retryAfterSeconds: RETRY_AFTER_SECONDS };
}
