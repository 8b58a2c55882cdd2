import { Injectable } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import { CallQuota } from '../voice/call-quota.js';
import { UpgradeGuard } from '../voice/upgrade-guard.js';
import type { Refusal } from '../voice/upgrade-policy.js';
import { PromisedSlots } from './promised-slots.js';

/**
 * Decides whether a call that rings is taken, and counts it: who is turned away gets words or the busy tone, in an answer
 * that no status tells apart, and never opens a WebSocket.
 */
@Injectable()
export class RingingCalls {
  private readonly calls = metrics.getMeter('parley.telephony').createCounter('telephony.calls', {
    description: 'Calls that rang, by provider and outcome: admitted, gone, or the code of the refusal',
  });

  constructor(
    private readonly guard: UpgradeGuard,
    private readonly quota: CallQuota,
    private readonly slots: PromisedSlots,
  ) {}

  /**
   * The reason to turn the caller away, if there is one. Never rejects.
   * @param signal aborts when the call does not ring any more.
   */
  async refusalOf(provider: 'twilio' | 'acs', tenant: string, signal: AbortSignal): Promise<Refusal | undefined> {
    const refusal =
      this.guard.closedToCalls() ??
      (await this.quota.refusalOf({ tenant, subject: undefined })) ??
      (await this.slots.promise(signal));
    this.calls.add(1, { provider, outcome: signal.aborted ? 'gone' : (refusal?.code ?? 'admitted') });
    return refusal;
  }
}
