/**
 * Small values that every replica may see, for a while: resume tokens, browser tokens, overrides, counts. Keys are
 * `<what>:<id>` in lower case, values text of at most 1 MiB. Rejects with `state_unavailable` when the store cannot be
 * reached; then it is not known whether a write took place.
 */
export abstract class KeyValueStore {
  abstract get(key: string): Promise<string | undefined>;
  /** @param ttlMs after which the value is gone, from 1. */
  abstract set(key: string, value: string, ttlMs: number): Promise<void>;
  /** Like `set`, but only if the key has a value; false if it has none. */
  abstract replace(key: string, value: string, ttlMs: number): Promise<boolean>;
  /** Reads and deletes in one step: of all who ask, on whichever replica, one gets the value. */
  abstract take(key: string): Promise<string | undefined>;
  /**
   * Counts, from 0 where there is no number: adds a whole number and returns the sum, of whichever replicas.
   * @param ttlMs from the first time on.
   */
  abstract add(key: string, amount: number, ttlMs: number): Promise<number>;
  abstract delete(key: string): Promise<void>;
}
