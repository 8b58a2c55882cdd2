import type { Clock, Timer } from '../kernel/clock.js';

/** Nothing more is sent to a client that has not taken so much; if that lasts so long, the client is too slow. */
const MAX_BACKLOG_MS = 2000;
const PATIENCE_MS = 5000;
const LOOK_MS = 100;

/** Watches how a client takes its audio, from one answer to the next. */
export class SlowClientWatch {
  private since: number | undefined;
  private timer: Timer | undefined;
  private closed = false;

  constructor(
    private readonly clock: Clock,
    private readonly backlogMs: () => number,
    private readonly onTooSlow: () => void,
  ) {}

  /** Whether the client has so much to take that it gets no more for now. */
  get behind(): boolean {
    if (this.backlogMs() <= MAX_BACKLOG_MS) {
      this.caughtUp();
      return false;
    }
    if (this.since === undefined && !this.closed) {
      this.since = this.clock.now();
      this.look();
    }
    return true;
  }

  close(): void {
    this.closed = true;
    this.caughtUp();
  }

  /** Until it has caught up, whether anything is to be sent or not. */
  private look(): void {
    this.timer = this.clock.setTimeout(() => {
      if (!this.behind) return;
      if (this.clock.now() - this.since! < PATIENCE_MS) return this.look();
      this.close();
      this.onTooSlow();
    }, LOOK_MS);
  }

  private caughtUp(): void {
    this.timer?.cancel();
    this.since = this.timer = undefined;
  }
}
