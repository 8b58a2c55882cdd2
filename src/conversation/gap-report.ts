import type { DroppedAudio } from '../audio/source-queues.js';
import type { Clock, Timer } from '../kernel/clock.js';

const EVERY_MS = 500;

/** Tells the client what was lost: the first of it at once, what follows on it together, twice a second. */
export class GapReport {
  /** What has not been told yet. */
  private pending: DroppedAudio | undefined;
  private timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly tell: (lost: DroppedAudio) => void,
  ) {}

  note(lost: DroppedAudio): void {
    const { pending } = this;
    if (pending && follows(lost, pending)) {
      this.pending = { ...pending, toMs: lost.toMs };
      return;
    }
    this.flush();
    this.pending = lost;
    if (!this.timer) this.next();
  }

  /** Tells what is left. */
  close(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.flush();
  }

  private next(): void {
    this.timer = undefined;
    if (!this.pending) return;
    this.flush();
    this.timer = this.clock.setTimeout(() => this.next(), EVERY_MS);
  }

  private flush(): void {
    if (this.pending) this.tell(this.pending);
    this.pending = undefined;
  }
}

function follows(lost: DroppedAudio, before: DroppedAudio): boolean {
  return lost.source === before.source && lost.reason === before.reason && lost.fromMs === before.toMs;
}
