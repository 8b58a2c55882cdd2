import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ConversationsConfig } from '../../../config/conversations.config.js';
import type { Clock, Timer } from '../../../kernel/clock.js';
import { compiledUrl } from '../../../kernel/compiled-url.js';
import { ParleyError, messageOf } from '../../../kernel/errors.js';
import { SupervisedWorker } from '../../../speech/pool/supervised-worker.js';
import { type ConversationRecord, type ConversationSummary, summaryOf } from '../conversation-record.js';
import {
  type ConversationQuery,
  ConversationStore,
  type StoredConversation,
  type UnfinishedQuery,
} from '../conversation-store.js';
import type { SqliteAnswer, SqliteOrder, SqliteRequest, SqliteWorkerData } from './sqlite-protocol.js';

const READY_TIMEOUT_MS = 10_000;
const PURGE_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
  readonly limit: Timer;
}

/** Conversations in a SQLite file, in a thread of its own: a disk that is slow does not delay audio. */
export class SqliteConversationStore extends ConversationStore {
  readonly name = 'sqlite';
  private readonly file: string;
  private readonly worker: SupervisedWorker;
  private readonly pending = new Map<number, Pending>();
  private numbers = 0;
  private purging: Timer | undefined;

  constructor(
    private readonly config: ConversationsConfig,
    private readonly clock: Clock,
    root: string,
  ) {
    super();
    this.file = path.resolve(root, config.dataDirectory, 'conversations.sqlite');
    const workerData: SqliteWorkerData = { file: this.file, ttlMs: config.ttlDays * DAY_MS };
    this.worker = new SupervisedWorker({
      name: 'The conversation store',
      spawn: () => new Worker(compiledUrl(import.meta.url, './sqlite.worker.js'), { workerData }),
      readyTimeoutMs: READY_TIMEOUT_MS,
      clock,
      onMessage: (answer) => this.settle(answer as SqliteAnswer),
      onLost: (reason) => this.rejectAll(reason),
    });
  }

  override async start(signal: AbortSignal): Promise<void> {
    try {
      await this.worker.start(signal);
    } catch (error) {
      throw new ParleyError('store_failed', `DATA_DIR: ${this.file} cannot be used: ${messageOf(error)}`, false, {
        cause: error,
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
    await this.worker.close();
    this.rejectAll(new Error('it is closed'));
  }

  private ask(order: SqliteOrder): Promise<unknown> {
    if (!this.worker.ready) return Promise.reject(failed('its thread is not there'));
    return new Promise((resolve, reject) => {
      const number = ++this.numbers;
      const limit = this.clock.setTimeout(() => {
        this.pending.delete(number);
        reject(failed(`no answer within ${this.config.timeoutMs} ms`));
      }, this.config.timeoutMs);
      this.pending.set(number, { resolve, reject, limit });
      this.worker.post({ number, order } satisfies SqliteRequest);
    });
  }

  private settle(answer: SqliteAnswer): void {
    const request = this.pending.get(answer.number);
    if (!request) return;
    this.pending.delete(answer.number);
    request.limit.cancel();
    if ('error' in answer) request.reject(failed(answer.error));
    else request.resolve(answer.result);
  }

  private rejectAll(reason: Error): void {
    for (const request of this.pending.values()) {
      request.limit.cancel();
      request.reject(failed(reason.message));
    }
    this.pending.clear();
  }

  private purgeNowAndThen(): void {
    this.ask({ do: 'purge', now: this.clock.wallTime() }).catch(() => undefined);
    this.purging = this.clock.setTimeout(() => this.purgeNowAndThen(), PURGE_EVERY_MS);
  }
}

function failed(reason: string): ParleyError {
  return new ParleyError('store_failed', `The conversation store: ${reason}`, true);
}
