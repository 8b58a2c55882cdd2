import { setImmediate as turn } from 'node:timers/promises';
import { ManualClock, type Timer } from '../../src/kernel/clock.js';

/** Wakes whoever waits for something to become true, each time that something has happened. */
export class Happenings {
  private waiting: (() => void)[] = [];

  readonly happened = (): void => {
    const waiting = this.waiting;
    this.waiting = [];
    for (const wake of waiting) wake();
  };

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}

/** Waits for what nobody tells of, by turns of the event loop. */
export async function comesTrue(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

/** A clock that says which timers were set. */
export class WatchedClock extends ManualClock {
  readonly delays: number[] = [];

  constructor(private readonly happenings: Happenings) {
    super();
  }

  override setTimeout(callback: () => void, delayMs: number): Timer {
    this.delays.push(delayMs);
    this.happenings.happened();
    return super.setTimeout(() => {
      callback();
      this.happenings.happened();
    }, delayMs);
  }
}
