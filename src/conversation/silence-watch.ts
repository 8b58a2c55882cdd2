import type { NoInputPolicy } from '../agents/agent.js';
import type { Clock, Timer } from '../kernel/clock.js';

export type SilenceStep = { readonly reprompt: string } | { readonly action: NoInputPolicy['action'] };

/** What to do about a caller who says nothing: a few reprompts, then the agent's last word. */
export class SilenceWatch {
  private timer: Timer | undefined;
  private asked = 0;
  private held = false;

  constructor(
    private readonly clock: Clock,
    private readonly onSilence: (step: SilenceStep) => void,
  ) {}

  /** The agent has finished: it is the caller's turn. */
  arm(policy: NoInputPolicy): void {
    this.disarm();
    if (this.held) return;
    this.timer = this.clock.setTimeout(() => {
      const reprompt = policy.reprompts[this.asked++];
      this.onSilence(reprompt === undefined ? { action: policy.action } : { reprompt });
    }, policy.afterMs);
  }

  /** Whether the caller need not say anything. */
  hold(held: boolean): void {
    this.held = held;
    this.disarm();
  }

  /** Someone is speaking. */
  disarm(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  /** The caller has said something: the reprompts start over. */
  reset(): void {
    this.disarm();
    this.asked = 0;
  }
}
