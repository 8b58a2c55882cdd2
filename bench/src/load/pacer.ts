import { FRAME_MS } from './twilio-messages.ts';

interface Paced {
  tick(due: number, now: number): void;
}

/**
 * Ticks every call once in 20 ms at a phase of its own. The schedule never waits for anybody: a tick that comes late is
 * still told when it was due, and the ones behind it are made up for.
 */
export class Pacer<T extends Paced> {
  private readonly slots: { phase: number; call: T }[];
  private beganAt = 0;
  private cycle = 0;
  private next = 0;
  private timer: NodeJS.Timeout | null = null;

  constructor(calls: readonly T[], random: () => number) {
    this.slots = calls.map((call) => ({ call, phase: random() * FRAME_MS })).sort((a, b) => a.phase - b.phase);
  }

  start(): void {
    this.beganAt = performance.now();
    this.run();
  }

  stop(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  private run(): void {
    let now = performance.now();
    let due = this.nextDue();
    while (due <= now) {
      this.slots[this.next]!.call.tick(due, now);
      if (++this.next === this.slots.length) {
        this.next = 0;
        this.cycle++;
      }
      now = performance.now();
      due = this.nextDue();
    }
    this.timer = setTimeout(() => this.run(), due - now);
  }

  private nextDue(): number {
    return this.beganAt + this.cycle * FRAME_MS + this.slots[this.next]!.phase;
  }
}
