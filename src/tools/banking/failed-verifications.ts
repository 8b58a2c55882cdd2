import { createHash } from 'node:crypto';
import type { Clock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import type { KeyValueStore } from '../../state/store/key-value-store.js';
import { MemoryKeyValueStore } from '../../state/store/memory-key-value-store.js';

/** Of one customer's secrets, whoever calls: with four digits, a guesser needs more than a year for even odds. */
const MOST_IN_A_DAY = 9;
const DAY_MS = 24 * 3600 * 1000;

/**
 * How often somebody has failed to be a certain customer, over all calls and replicas. Who guesses calls again; so the
 * customer, too, cannot be verified by telephone any more for a day.
 */
export class FailedVerifications {
  private readonly own: KeyValueStore;

  /** @param shared the store of all replicas; undefined where there is none */
  constructor(
    clock: Clock,
    private readonly shared: () => KeyValueStore | undefined,
  ) {
    this.own = new MemoryKeyValueStore(clock);
  }

  /** One more try, counted before it is known what comes of it: whether it may be made at all. Never rejects. */
  async begin(target: string): Promise<boolean> {
    return (await this.add(target, 1)) <= MOST_IN_A_DAY;
  }

  /** That try was no failure. */
  async succeeded(target: string): Promise<void> {
    await this.add(target, -1);
  }

  private async add(target: string, amount: number): Promise<number> {
    const key = `verification:${createHash('sha256').update(target).digest('hex')}`;
    try {
      return await (this.shared() ?? this.own).add(key, amount, DAY_MS);
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      // Callers are not turned away for a store that is down, nor may they guess all they like meanwhile.
      return await this.own.add(key, amount, DAY_MS);
    }
  }
}
