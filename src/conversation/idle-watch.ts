import type { Clock, Timer } from '../kernel/clock.js';

/** Says when nothing has happened for too long. */
export class IdleWatch {
  private activeAt = 0;
  private timer: Timer | undefined;
  private closed = false;

  constructor(
    private readonly clock: Clock,
    private readonly limitMs: number,
    private readonly onIdle: () => void,
  ) {}

  /** Something happened: the idle time starts over. */
  touch(): void {
    this.activeAt = this.clock.now();
    if (!this.timer && !this.closed) this.look(this.limitMs);
  }

  close(): void {
    this.closed = true;
    this.timer?.cancel();
  }

  /** Looks again when it would be over: a caller who speaks is activity many times a second. */
  private look(afterMs: number): void {
    this.timer = this.clock.setTimeout(() => {
      const leftMs = this.activeAt + this.limitMs - this.clock.now();
      if (leftMs > 0) this.look(leftMs);
      else this.onIdle();
    }, afterMs);
  }
}
