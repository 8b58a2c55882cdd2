import { setTimeout as delay } from 'node:timers/promises';
import { type Plan, planOf, SoakCaller } from './soak-caller.ts';

const TICK_MS = 20;
const MEAN_LIFE_MS = 2600;

export interface CrowdCounts {
  placed: number;
  accepted: number;
  refused: number;
  /** Code of the refusal → how many. */
  readonly refusals: Record<string, number>;
  answered: number;
}

/** Callers who come and go: about `size` at a time, in waves from almost none to twice as many. */
export class Crowd {
  readonly counts: CrowdCounts = { placed: 0, accepted: 0, refused: 0, refusals: {}, answered: 0 };
  private callers: SoakCaller[] = [];
  private readonly size: number;
  private readonly port: number;
  private readonly random: () => number;

  constructor(size: number, port: number, random: () => number) {
    this.size = size;
    this.port = port;
    this.random = random;
  }

  get live(): number {
    return this.callers.length;
  }

  /** Runs for `ms`, or until `stopped` says so. */
  async run(ms: number, stopped: () => boolean): Promise<void> {
    const beganAt = performance.now();
    let due = beganAt;
    for (let now = beganAt; now - beganAt < ms && !stopped(); now = performance.now()) {
      const wave = 1 - Math.cos((2 * Math.PI * (now - beganAt)) / ms);
      const expected = (this.size * wave * TICK_MS) / MEAN_LIFE_MS;
      for (let chance = expected; chance > 0; chance--) if (this.random() < chance) this.place(planOf(this.random));
      for (const caller of this.callers) caller.tick(now);
      this.forgetGone();
      due += TICK_MS;
      await delay(Math.max(0, due - performance.now()));
    }
  }

  /** Everybody goes, however they like to go best. */
  disperse(): void {
    for (const caller of this.callers) {
      caller.leave();
      this.count(caller);
    }
    this.callers = [];
  }

  place(plan: Plan): void {
    this.counts.placed++;
    this.callers.push(new SoakCaller(this.counts.placed, this.port, plan, this.random));
  }

  private forgetGone(): void {
    const staying: SoakCaller[] = [];
    for (const caller of this.callers) {
      if (caller.gone) this.count(caller);
      else staying.push(caller);
    }
    this.callers = staying;
  }

  private count({ status, refusal, heardAudio }: SoakCaller): void {
    if (status === 101) this.counts.accepted++;
    else if (refusal !== null) {
      this.counts.refused++;
      this.counts.refusals[refusal] = (this.counts.refusals[refusal] ?? 0) + 1;
    }
    if (heardAudio) this.counts.answered++;
  }
}
