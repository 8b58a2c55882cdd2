import { Injectable } from '@nestjs/common';
import { type Counted, RequestLimits } from '../auth/request-limits.js';
import { LimitsConfig } from '../config/limits.config.js';
import { Clock } from '../kernel/clock.js';
import { AudioBudget } from './audio-budget.js';
import { AudioMeter } from './audio-meter.js';
import { MessagePace } from './message-pace.js';
import type { Refusal } from './upgrade-policy.js';

export interface MeterEvents {
  /** Said once: what comes faster than it can have been said is lost. */
  onTooFast(): void;
  /** The tenant has no audio left: the call is to end. */
  onSpent(): void;
}

/** What a tenant may have of calls: how many a minute, and how much audio. */
@Injectable()
export class CallQuota {
  constructor(
    private readonly limits: RequestLimits,
    private readonly budget: AudioBudget,
    private readonly config: LimitsConfig,
    private readonly clock: Clock,
  ) {}

  /** One more call: the reason to refuse it, if there is one. Never rejects. */
  async refusalOf(caller: Counted): Promise<Refusal | undefined> {
    const tooMany = this.limits.call(caller);
    if (tooMany !== undefined) return refusal('rate_limited', 'Too many calls, please try again later', tooMany);
    return await this.spentBy(caller.tenant);
  }

  /** For a call that goes on: the reason to refuse it all the same. Never rejects. */
  async spentBy(tenant: string): Promise<Refusal | undefined> {
    const spent = await this.budget.exhaustedFor(tenant);
    return spent === undefined ? undefined : refusal('budget_exhausted', 'The audio of this tenant is used up', spent);
  }

  /** For a call that was let in; to be closed with it. @param sources how many send audio over its connection */
  meter(tenant: string, events: MeterEvents, sources = 1): AudioMeter {
    const account = this.budget.open(tenant, () => events.onSpent());
    const onTooFast = (): void => events.onTooFast();
    return new AudioMeter({ clock: this.clock, rate: this.config.audioRate, sources, account, onTooFast });
  }

  /** For the messages of one connection. */
  pace(): MessagePace {
    return new MessagePace(this.clock, this.config.messagesPerSecond);
  }
}

function refusal(code: string, message: string, retryAfterSeconds: number): Refusal {
  return { status: 429, code, message, retryAfterSeconds };
}
