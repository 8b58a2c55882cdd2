import { Injectable, Logger } from '@nestjs/common';
import { PhrasesConfig } from '../../config/phrases.config.js';
import { Clock, type Timer } from '../../kernel/clock.js';
import { messageOf } from '../../kernel/errors.js';
import { MAX_PHRASES, type StoredPhrases } from './phrase-list.js';
import { PhraseStore } from './phrase-store.js';

/** How often the lists of tenants that are on the phone are looked at. */
const POLL_MS = 10_000;
/** What was written longer ago is written again, so that it is kept. */
const REWRITE_MS = 86_400_000;

interface Followed {
  readonly listeners: Set<() => void>;
  phrases: readonly string[];
}

/**
 * Words and names that recognisers should expect, besides those of the agents: of the settings, and of a list that each
 * tenant has. Calls see a change of a list within ten seconds, on every replica.
 */
@Injectable()
export class PhraseListManager {
  private readonly logger = new Logger('Phrases');
  private readonly followed = new Map<string, Followed>();
  /** The newest that is known. */
  private readonly known = new Map<string, StoredPhrases>();
  private polling: Timer | undefined;
  /** Why the lists of these tenants could not be read when they were last asked for. */
  private readonly problems = new Map<string, string>();

  constructor(
    private readonly config: PhrasesConfig,
    private readonly store: PhraseStore,
    private readonly clock: Clock,
  ) {}

  /** Those of the settings. */
  get configured(): readonly string[] {
    return this.config.phrases;
  }

  /** What a call of the tenant is to expect, at most 500; the same array as long as nothing changes. */
  of(tenant: string): readonly string[] {
    return this.followed.get(tenant)?.phrases ?? this.merged(tenant);
  }

  /**
   * Keeps `of` up to date for a call.
   * @param onChange it has changed.
   * @returns ends it; idempotent.
   */
  follow(tenant: string, onChange: () => void): () => void {
    const followed = this.followed.get(tenant) ?? { listeners: new Set(), phrases: this.merged(tenant) };
    const listener = (): void => onChange();
    followed.listeners.add(listener);
    if (followed.listeners.size === 1) {
      this.followed.set(tenant, followed);
      void this.refresh(tenant);
      this.pollLater();
    }
    return () => {
      followed.listeners.delete(listener);
      if (followed.listeners.size > 0) return;
      if (this.followed.get(tenant) === followed) this.followed.delete(tenant);
      if (this.followed.size > 0) return;
      this.polling?.cancel();
      this.polling = undefined;
    };
  }

  /** The tenant's own list as it is in the store; undefined if there is none. Rejects when that cannot be reached. */
  async read(tenant: string): Promise<StoredPhrases | undefined> {
    const stored = await this.store.read(tenant);
    const known = this.known.get(tenant);
    // A Redis that was emptied gets back what somebody still knows.
    if (known && (stored?.version ?? 0) < known.version) await this.write(tenant, known);
    else if (stored && this.clock.wallTime() - stored.writtenAt > REWRITE_MS) await this.write(tenant, stored);
    else if (stored) this.learn(tenant, stored);
    const current = this.known.get(tenant);
    return current && current.phrases.length > 0 ? current : undefined;
  }

  /** Replaces the tenant's own list; an empty one deletes it. Rejects as `read` does. */
  async set(tenant: string, phrases: readonly string[]): Promise<StoredPhrases> {
    const stored = await this.store.read(tenant);
    const latest = Math.max(stored?.version ?? 0, this.known.get(tenant)?.version ?? 0);
    // Greater than that of whoever has not heard of ours, and the newest of those made elsewhere.
    const version = Math.max(latest + 1, this.clock.wallTime());
    return await this.write(tenant, { phrases: [...phrases], version, writtenAt: 0 });
  }

  /** Rejects while lists cannot be read; calls go on with those that are known. */
  async check(): Promise<Record<string, unknown>> {
    // Their calls may be over, so that nobody else would notice that they can be read again.
    await Promise.all([...this.problems.keys()].map((tenant) => this.refresh(tenant)));
    const [problem] = this.problems.values();
    if (problem) throw new Error(`lists of phrases cannot be read: ${problem}`);
    return { driver: this.store.name, configured: this.configured.length, tenants_in_calls: this.followed.size };
  }

  private async write(tenant: string, phrases: StoredPhrases): Promise<StoredPhrases> {
    const written = { ...phrases, writtenAt: this.clock.wallTime() };
    await this.store.write(tenant, written);
    this.learn(tenant, written);
    return written;
  }

  private learn(tenant: string, stored: StoredPhrases): void {
    this.known.set(tenant, stored);
    const followed = this.followed.get(tenant);
    if (!followed) return;
    const phrases = this.merged(tenant);
    if (phrases.length === followed.phrases.length && phrases.every((one, i) => one === followed.phrases[i])) return;
    followed.phrases = phrases;
    for (const listener of followed.listeners) listener();
  }

  private merged(tenant: string): readonly string[] {
    const own = this.known.get(tenant)?.phrases ?? [];
    return own.length === 0 ? this.configured : [...new Set([...own, ...this.configured])].slice(0, MAX_PHRASES);
  }

  private async refresh(tenant: string): Promise<void> {
    try {
      await this.read(tenant);
      this.problems.delete(tenant);
    } catch (error) {
      if (this.problems.size === 0) this.logger.warn(`Lists of phrases cannot be read: ${messageOf(error)}`);
      this.problems.set(tenant, messageOf(error));
    }
  }

  private pollLater(): void {
    this.polling ??= this.clock.setTimeout(() => void this.poll(), POLL_MS);
  }

  private async poll(): Promise<void> {
    this.polling = undefined;
    await Promise.all([...this.followed.keys()].map((tenant) => this.refresh(tenant)));
    if (this.followed.size > 0) this.pollLater();
  }
}
