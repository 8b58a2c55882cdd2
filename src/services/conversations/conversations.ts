import { Injectable, Logger } from '@nestjs/common';
import path from 'node:path';
import { ConversationsConfig } from '../../config/conversations.config.js';
import { packageRoot } from '../../config/package-root.js';
import { Clock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import { KeyValueStore } from '../../state/store/key-value-store.js';
import { Journal } from '../journal.js';
import { isRefusal } from '../store-refusal.js';
import { ConversationJournal } from './conversation-journal.js';
import type { ConversationRecord, ConversationSummary } from './conversation-record.js';
import type { ConversationQuery, ConversationStore } from './conversation-store.js';
import { ConversationWriter } from './conversation-writer.js';
import { type Redact, redaction } from './redaction.js';

/** For so long replicas know that a conversation was deleted: what still lies on the disk of one does not come back. */
const REMOVED_FOR_MS = 30 * 86_400_000;
const MAX_CONFLICTS = 20;
const UNFINISHED_AT_ONCE = 200;
/** Calls do not need the store, and must not wait for it. */
const START_LIMIT_MS = 5000;

/** The conversations of this server, as configured; with CONVERSATION_STORE=none there are none. */
@Injectable()
export class Conversations {
  /** For whatever is to be kept of what was said. */
  readonly redact: Redact;
  /** Told of each conversation that was noted, once it waits for its insights and is in the store. */
  onFinished: (record: ConversationRecord) => void = () => undefined;
  private readonly logger = new Logger('Conversations');
  private store: ConversationStore | undefined;
  private writer: ConversationWriter | undefined;

  constructor(
    private readonly config: ConversationsConfig,
    private readonly marks: KeyValueStore,
    private readonly clock: Clock,
  ) {
    this.redact = redaction(config.redact.filter((kind) => kind !== 'none'));
  }

  get enabled(): boolean {
    return this.config.store !== 'none';
  }

  /**
   * Resolves with a sentence about the store, also when it cannot be reached: conversations are kept on disk until then.
   * Rejects with one that names the setting if that is at fault.
   */
  async start(signal: AbortSignal): Promise<string> {
    if (!this.enabled) return 'conversations are not kept';
    const store = await this.create();
    this.store = store;
    const problem = await this.open(store, AbortSignal.any([signal, AbortSignal.timeout(START_LIMIT_MS)]));
    this.writer = this.writerTo(store);
    await this.writer.start(problem);
    return problem === undefined
      ? `conversations in ${store.name}`
      : `conversations on disk until ${store.name} is there`;
  }

  async stop(): Promise<void> {
    await this.writer?.close();
    await this.store?.close();
    this.store = this.writer = undefined;
  }

  /** Rejects while the store does not work; nothing is lost meanwhile. */
  async check(): Promise<Record<string, unknown>> {
    if (!this.enabled) return { driver: 'none' };
    if (!this.store || !this.writer) throw new Error('it has not started');
    const { waiting, refused, failing } = this.writer;
    if (failing) throw new Error(`the store does not work; ${waiting} conversations wait to be written`);
    return { ...(await this.store.check()), waiting, refused };
  }

  /** Conversations of which something is still to be written. */
  get waiting(): number {
    return this.writer?.waiting ?? 0;
  }

  /** The conversation has come to this. It is not to be changed afterwards. */
  note(record: ConversationRecord): void {
    this.writer?.note(record);
  }

  /** Resolves when all that was noted is in the store or on disk, or `withinMs` is over. Never rejects. */
  async written(withinMs: number): Promise<void> {
    await this.writer?.written(withinMs);
  }

  /** Each of these rejects with `store_failed`. */
  async find(tenant: string, id: string): Promise<ConversationRecord | undefined> {
    return (await this.opened().get(tenant, id))?.record;
  }

  list(query: ConversationQuery): Promise<ConversationSummary[]> {
    return this.opened().list(query);
  }

  /**
   * Those that nobody has written since, although they are not finished, the longest first.
   * @param updatedBefore ISO 8601
   */
  async *unfinished(updatedBefore: string): AsyncGenerator<ConversationSummary> {
    const store = this.opened();
    const seen = new Set<string>();
    for (let updatedSince: string | undefined; ;) {
      const page = await store.unfinished({ updatedBefore, updatedSince, limit: UNFINISHED_AT_ONCE });
      // Those of the same moment come twice.
      const fresh = page.filter(({ tenant, id }) => !seen.has(`${tenant}/${id}`));
      for (const { tenant, id } of fresh) seen.add(`${tenant}/${id}`);
      yield* fresh;
      if (page.length < UNFINISHED_AT_ONCE || fresh.length === 0) return;
      updatedSince = page.at(-1)?.updatedAt;
    }
  }

  /**
   * Writes what `change` makes of what is stored, unless that is undefined; it is asked again when somebody else has
   * written it in the meantime. Resolves with what is stored then, undefined if nothing was written. What was deleted is not
   * there, and does not come back. Rejects with `store_failed`, or with `conflict` if others write all the time.
   */
  async change(
    tenant: string,
    id: string,
    change: (stored: ConversationRecord | undefined) => ConversationRecord | undefined,
  ): Promise<ConversationRecord | undefined> {
    const store = this.opened();
    for (let attempt = 0; ; attempt++) {
      const stored = await store.get(tenant, id);
      const changed = change(stored?.record);
      if (!changed || (await this.isRemoved(tenant, id))) return undefined;
      try {
        await store.put(changed, stored?.version);
        return changed;
      } catch (error) {
        if (!(error instanceof ParleyError) || error.code !== 'conflict' || attempt === MAX_CONFLICTS) throw error;
      }
    }
  }

  /**
   * For good, and also what of it is on its way, on whichever replica; of a call that goes on nothing more is kept. Whether
   * there was one. Rejects with `store_failed` or `state_unavailable`; then some may be left, and it can be done again.
   */
  async remove(tenant: string, id: string): Promise<boolean> {
    const store = this.opened();
    await this.marks.set(removedKey(tenant, id), '1', REMOVED_FOR_MS);
    const waited = await this.writer?.forget(tenant, id);
    return (await store.remove(tenant, id)) || waited === true;
  }

  /** Whether it was deleted not too long ago. Never rejects. */
  async isRemoved(tenant: string, id: string): Promise<boolean> {
    const mark = await this.marks.get(removedKey(tenant, id)).catch(() => undefined);
    return mark !== undefined;
  }

  /** Why it cannot be used yet; rejects if it never will. */
  private async open(store: ConversationStore, signal: AbortSignal): Promise<unknown> {
    try {
      await store.start(signal);
      return undefined;
    } catch (error) {
      if (isRefusal(error)) throw error;
      return error;
    }
  }

  private writerTo(store: ConversationStore): ConversationWriter {
    const log = (level: 'info' | 'warn' | 'error', message: string): void =>
      this.logger[level === 'info' ? 'log' : level](message);
    const folder = path.resolve(packageRoot, this.config.dataDirectory, 'journal', 'conversations');
    const [waiting, refused] = [new Journal(folder), new Journal(path.join(folder, 'refused'))];
    return new ConversationWriter({
      store,
      journal: new ConversationJournal({ waiting, refused, log }),
      clock: this.clock,
      isRemoved: (tenant, id) => this.isRemoved(tenant, id),
      onFinished: (record) => this.onFinished(record),
      log,
    });
  }

  private opened(): ConversationStore {
    if (!this.store) throw new ParleyError('not_found', 'Conversations are not kept here');
    return this.store;
  }

  private async create(): Promise<ConversationStore> {
    if (this.config.store === 'cosmos') {
      const { CosmosConversationStore } = await import('./cosmos/cosmos-conversation-store.js');
      return await CosmosConversationStore.create(this.config);
    }
    const { SqliteConversationStore } = await import('./sqlite/sqlite-conversation-store.js');
    return new SqliteConversationStore(this.config, this.clock, packageRoot);
  }
}

function removedKey(tenant: string, id: string): string {
  return `removed-conversations:${tenant}/${id}`;
}
