import type { Clock, Timer } from '../kernel/clock.js';

const LOOK_EVERY_MS = 200;

/**
 * Notices that a caller who has finished speaking hears nothing for too long: whatever the answer is waiting for, a
 * silent line sounds like a broken one.
 */
export class PatienceWatch {
  private timer: Timer | undefined;
  private lastHeardAt = 0;
  /** When `onImpatience` was told last, or the caller heard something since. */
  private toldAt = 0;
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

  /** Clock time since which a caller who waits has heard nothing; undefined when nobody waits. */
  get silentSince(): number | undefined {
    return this.timer && this.lastHeardAt;
  }

  /** The caller waits. @param since clock time at which they finished. */
  begin(since: number = this.clock.now()): void {
    if (this.timer) return;
    this.lastHeardAt = this.toldAt = since;
    this.times = 0;
    this.look();
  }

  /** There is nothing to wait for any more. */
  end(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private look(): void {
    const leftMs = this.toldAt + this.limitMs - this.clock.now();
    this.timer = this.clock.setTimeout(
      () => {
        const now = this.clock.now();
        if (this.isAudible()) this.lastHeardAt = this.toldAt = now;
        const isOver = now - this.toldAt >= this.limitMs;
        if (isOver) this.toldAt = now;
        this.look();
        if (isOver) this.onImpatience(this.times++);
      },
      Math.max(0, Math.min(LOOK_EVERY_MS, leftMs)),
    );
  }
}
