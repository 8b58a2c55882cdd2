import type { Clock, Timer } from '../kernel/clock.js';

const LOOK_EVERY_MS = 200;

/**
 * Notices that a caller who has finished speaking hears nothing for too long: whatever the answer is waiting for, a
 * silent line sounds like a broken one.
 */
export class PatienceWatch {
  private timer: Timer | undefined;
  private silentSince = 0;
  private times = 0;

  /**
   * @param limitMs of silence @param isAudible whether the agent is to be heard now
   * @param onImpatience told how often it was so for this turn, from 0.
   */
  constructor(
    private readonly clock: Clock,
    private readonly limitMs: number,
    private readonly isAudible: () => boolean,
    private readonly onImpatience: (times: number) => void,
  ) {}

  /** The caller waits. @param since clock time at which they finished. */
  begin(since: number = this.clock.now()): void {
    if (this.timer) return;
    this.silentSince = since;
    this.times = 0;
    this.look();
  }

  /** There is nothing to wait for any more. */
  end(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private look(): void {
    this.timer = this.clock.setTimeout(() => {
      const now = this.clock.now();
      if (this.isAudible()) this.silentSince = now;
      this.look();
      if (now - this.silentSince < this.limitMs) return;
      this.silentSince = now;
      this.onImpatience(this.times++);
    }, LOOK_EVERY_MS);
  }
}
