import { Injectable, Logger } from '@nestjs/common';
import path from 'node:path';
import { ConversationsConfig } from '../../config/conversations.config.js';
import { packageRoot } from '../../config/package-root.js';
import { Clock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import { Journal } from '../journal.js';
import type { ConversationRecord, ConversationSummary } from './conversation-record.js';
import type { ConversationQuery, ConversationStore } from './conversation-store.js';
import { ConversationWriter } from './conversation-writer.js';

/** The conversations of this server, as configured; with CONVERSATION_STORE=none there are none. */
@Injectable()
export class Conversations {
  private readonly logger = new Logger('Conversations');
  private store: ConversationStore | undefined;
  private writer: ConversationWriter | undefined;

  constructor(
    private readonly config: ConversationsConfig,
    private readonly clock: Clock,
  ) {}

  get enabled(): boolean {
    return this.config.store !== 'none';
  }

  /** Resolves with a sentence about the store; rejects with one that names the setting. */
  async start(signal: AbortSignal): Promise<string> {
    if (!this.enabled) return 'conversations are not kept';
    const store = await this.create();
    await store.start(signal);
    this.store = store;
    const { logger } = this;
    this.writer = new ConversationWriter({
      store,
      journal: new Journal(path.resolve(packageRoot, this.config.dataDirectory, 'journal', 'conversations')),
      clock: this.clock,
      log: (level, message) => logger[level === 'info' ? 'log' : level](message),
    });
    await this.writer.start();
    return `conversations in ${store.name}`;
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
    const { waiting, failing } = this.writer;
    if (failing) throw new Error(`the store does not work; ${waiting} conversations wait to be written`);
    return { ...(await this.store.check()), waiting };
  }

  /** The conversation has come to this. It is not to be changed afterwards. */
  note(record: ConversationRecord): void {
    this.writer?.note(record);
  }

  /** Each of these rejects with `store_failed`. */
  async find(tenant: string, id: string): Promise<ConversationRecord | undefined> {
    return (await this.opened().get(tenant, id))?.record;
  }

  list(query: ConversationQuery): Promise<ConversationSummary[]> {
    return this.opened().list(query);
  }

  remove(tenant: string, id: string): Promise<boolean> {
    return this.opened().remove(tenant, id);
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
