import type { Clock, Timer } from '../kernel/clock.js';

/** What the floor needs of the one who speaks. */
export interface Speaking {
  readonly audible: boolean;
  readonly interruptible: boolean;
  readonly held: boolean;
  /** Falls silent at once. @param arrivedAt clock time of the caller's first loud frame. */
  hold(arrivedAt: number): void;
  /** Goes on from where the caller stopped hearing. */
  resume(): void;
}

/**
 * Who may speak. The agent falls silent as soon as the caller speaks; whether that was an interruption is known only
 * from the words, and if none come the agent goes on.
 */
export class FloorControl {
  private timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly options: { readonly falseBargeInMs: number },
    private readonly agent: Speaking,
    /** Whether the caller still speaks, or their words are still to come. */
    private readonly callerBusy: () => boolean,
  ) {}

  callerSpeaks(arrivedAt: number): void {
    if (this.agent.held || !this.agent.audible || !this.agent.interruptible) return;
    this.agent.hold(arrivedAt);
    this.watch();
  }

  /** It was a noise, or a "mm-hm". */
  callerSaidNothing(): void {
    this.timer?.cancel();
    if (this.agent.held) this.agent.resume();
  }

  /** The caller's words wait until the agent has finished. */
  callerWaits(): void {
    this.callerSaidNothing();
  }

  close(): void {
    this.timer?.cancel();
  }

  private watch(): void {
    this.timer?.cancel();
    this.timer = this.clock.setTimeout(() => {
      if (!this.agent.held) return;
      if (this.callerBusy()) this.watch();
      else this.agent.resume();
    }, this.options.falseBargeInMs);
  }
}
