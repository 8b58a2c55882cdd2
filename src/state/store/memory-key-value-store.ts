import type { Clock } from '../../kernel/clock.js';
import { KeyValueStore } from './key-value-store.js';

/** What has expired without being asked for is swept out after so many writes, or so long, at the next write. */
const WRITES_PER_SWEEP = 1000;
const SWEEP_EVERY_MS = 10_000;

interface Entry {
  readonly value: string;
  readonly expiresAt: number;
}

/** For one process: gone with it. */
export class MemoryKeyValueStore extends KeyValueStore {
  private readonly entries = new Map<string, Entry>();
  private writes = 0;
  private sweptAt = 0;

  constructor(private readonly clock: Clock) {
    super();
  }

  /** What is kept, expired or not. */
  get size(): number {
    return this.entries.size;
  }

  get(key: string): Promise<string | undefined> {
    const entry = this.entries.get(key);
    if (!entry || this.clock.now() < entry.expiresAt) return Promise.resolve(entry?.value);
    this.entries.delete(key);
    return Promise.resolve(undefined);
  }

  set(key: string, value: string, ttlMs: number): Promise<void> {
    if (++this.writes % WRITES_PER_SWEEP === 0 || this.clock.now() - this.sweptAt >= SWEEP_EVERY_MS) this.sweep();
    this.entries.set(key, { value, expiresAt: this.clock.now() + ttlMs });
    return Promise.resolve();
  }

  async replace(key: string, value: string, ttlMs: number): Promise<boolean> {
    const entry = this.entries.get(key);
    if (!entry || this.clock.now() >= entry.expiresAt) return false;
    await this.set(key, value, ttlMs);
    return true;
  }

  async take(key: string): Promise<string | undefined> {
    const value = this.get(key);
    this.entries.delete(key);
    return value;
  }

  async add(key: string, amount: number, ttlMs: number): Promise<number> {
    const entry = this.entries.get(key);
    const now = this.clock.now();
    const isThere = entry !== undefined && now < entry.expiresAt;
    const sum = (isThere ? wholeNumberIn(entry.value) : 0) + amount;
    await this.set(key, String(sum), isThere ? entry.expiresAt - now : ttlMs);
    return sum;
  }

  delete(key: string): Promise<void> {
    this.entries.delete(key);
    return Promise.resolve();
  }

  private sweep(): void {
    const now = this.clock.now();
    this.sweptAt = now;
    for (const [key, { expiresAt }] of this.entries) if (expiresAt <= now) this.entries.delete(key);
  }
}

function wholeNumberIn(text: string): number {
  return /^-?\d+$/.test(text) ? Number(text) : 0;
}
