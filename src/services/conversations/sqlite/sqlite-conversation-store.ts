import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ConversationsConfig } from '../../../config/conversations.config.js';
import type { Clock, Timer } from '../../../kernel/clock.js';
import { compiledUrl } from '../../../kernel/compiled-url.js';
import { ParleyError } from '../../../kernel/errors.js';
import { type ConversationRecord, type ConversationSummary, summaryOf } from '../conversation-record.js';
import {
  type ConversationQuery,
  ConversationStore,
  type StoredConversation,
  type UnfinishedQuery,
} from '../conversation-store.js';
import { dataDirectoryError, makeFolder } from '../../data-directory.js';
import { SqliteThread } from '../../sqlite/sqlite-thread.js';
import type { SqliteOrder, SqliteWorkerData } from './sqlite-protocol.js';

const PURGE_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Conversations in a SQLite file. */
export class SqliteConversationStore extends ConversationStore {
  readonly name = 'sqlite';
  private readonly file: string;
  private readonly thread: SqliteThread<SqliteOrder>;
  private purging: Timer | undefined;

  constructor(
    private readonly config: ConversationsConfig,
    private readonly clock: Clock,
    root: string,
  ) {
    super();
    this.file = path.resolve(root, config.dataDirectory, 'conversations.sqlite');
    const workerData: SqliteWorkerData = { file: this.file, ttlMs: config.ttlDays * DAY_MS };
    this.thread = new SqliteThread({
      name: 'The conversation store',
      spawn: () => new Worker(compiledUrl(import.meta.url, './sqlite.worker.js'), { workerData }),
      timeoutMs: config.timeoutMs,
      clock,
      failed,
    });
  }

  override async start(signal: AbortSignal): Promise<void> {
    const folder = path.dirname(this.file);
    try {
      await makeFolder(folder);
      await this.thread.start(signal);
    } catch (error) {
      signal.throwIfAborted();
      throw await dataDirectoryError(folder, error, {
        use: 'conversations',
        without: 'CONVERSATION_STORE=none, and REDIS_URL, which keeps the jobs',
      });
    }
    if (this.config.ttlDays > 0) this.purgeNowAndThen();
  }

  override async check(): Promise<Record<string, unknown>> {
    return { driver: this.name, conversations: await this.ask({ do: 'count' }) };
  }

  override async get(tenant: string, id: string): Promise<StoredConversation | undefined> {
    return (await this.ask({ do: 'get', tenant, id, now: this.clock.wallTime() })) as StoredConversation | undefined;
  }

  override async list(query: ConversationQuery): Promise<ConversationSummary[]> {
    return (await this.ask({ do: 'list', query, now: this.clock.wallTime() })) as ConversationSummary[];
  }

  override async unfinished(query: UnfinishedQuery): Promise<ConversationSummary[]> {
    return (await this.ask({ do: 'unfinished', query, now: this.clock.wallTime() })) as ConversationSummary[];
  }

  override async put(record: ConversationRecord, version: string | undefined): Promise<string> {
    const order = { do: 'put', record, summary: summaryOf(record), version, now: this.clock.wallTime() } as const;
    const next = (await this.ask(order)) as string | undefined;
    if (next === undefined) throw new ParleyError('conflict', 'The conversation has changed in the meantime', true);
    return next;
  }

  override async remove(tenant: string, id: string): Promise<boolean> {
    return (await this.ask({ do: 'remove', tenant, id })) as boolean;
  }

  override async close(): Promise<void> {
    this.purging?.cancel();
    await this.thread.close();
  }

  private ask(order: SqliteOrder): Promise<unknown> {
    return this.thread.ask(order);
  }

  private purgeNowAndThen(): void {
    this.ask({ do: 'purge', now: this.clock.wallTime() }).catch(() => undefined);
    this.purging = this.clock.setTimeout(() => this.purgeNowAndThen(), PURGE_EVERY_MS);
  }
}

function failed(reason: string): ParleyError {
  return new ParleyError('store_failed', `The conversation store: ${reason}`, true);
}
