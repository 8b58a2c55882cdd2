import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { ConversationRecord, ConversationSummary } from '../conversation-record.js';
import type { ConversationQuery, StoredConversation, UnfinishedQuery } from '../conversation-store.js';

const SCHEMA = `
  PRAGMA busy_timeout = 2000;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS conversation (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    started_at TEXT NOT NULL,
    expires_at INTEGER,
    summary TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS conversation_by_start ON conversation (started_at);
  CREATE INDEX IF NOT EXISTS conversation_by_expiry ON conversation (expires_at) WHERE expires_at IS NOT NULL;
  CREATE INDEX IF NOT EXISTS conversation_unfinished ON conversation (json_extract(summary, '$.updatedAt'))
    WHERE json_extract(summary, '$.status') IN ('in_progress', 'processing');
`;

type Stored = Omit<ConversationRecord, 'kind'> & Partial<Pick<ConversationRecord, 'kind'>>;

/** What those have that were written when there was only one kind. */
const KIND = { kind: 'voice' } as const;

/** Conversations in one SQLite file. Synchronous: it belongs in a thread of its own. */
export class SqliteConversations {
  private readonly database: DatabaseSync;

  /** @param file `:memory:` for none @param ttlMs 0: kept for ever. */
  constructor(
    file: string,
    private readonly ttlMs: number,
  ) {
    if (file !== ':memory:') mkdirSync(path.dirname(file), { recursive: true });
    this.database = new DatabaseSync(file);
    this.database.exec(SCHEMA);
  }

  get(tenant: string, id: string, now: number): StoredConversation | undefined {
    const row = this.database
      .prepare(
        'SELECT record, version FROM conversation WHERE tenant = ? AND id = ? AND (expires_at IS NULL OR expires_at > ?)',
      )
      .get(tenant, id, now) as { record: string; version: number } | undefined;
    return row && { record: { ...KIND, ...(JSON.parse(row.record) as Stored) }, version: String(row.version) };
  }

  list({ tenant, limit, before }: ConversationQuery, now: number): ConversationSummary[] {
    const rows = this.database
      .prepare(
        `SELECT summary FROM conversation
         WHERE (?1 IS NULL OR tenant = ?1) AND (?2 IS NULL OR started_at < ?2) AND (expires_at IS NULL OR expires_at > ?3)
         ORDER BY started_at DESC LIMIT ?4`,
      )
      .all(tenant ?? null, before ?? null, now, limit) as { summary: string }[];
    return rows.map(({ summary }) => summaryIn(summary));
  }

  unfinished({ updatedBefore, updatedSince = '', limit }: UnfinishedQuery, now: number): ConversationSummary[] {
    const rows = this.database
      .prepare(
        `SELECT summary FROM conversation
         WHERE json_extract(summary, '$.status') IN ('in_progress', 'processing')
           AND json_extract(summary, '$.updatedAt') < ? AND json_extract(summary, '$.updatedAt') >= ? AND (expires_at IS NULL OR expires_at > ?)
         ORDER BY json_extract(summary, '$.updatedAt') LIMIT ?`,
      )
      .all(updatedBefore, updatedSince, now, limit) as { summary: string }[];
    return rows.map(({ summary }) => summaryIn(summary));
  }

  /** The new version; undefined when it has another one than `version`. */
  put(
    record: ConversationRecord,
    summary: ConversationSummary,
    version: string | undefined,
    now: number,
  ): string | undefined {
    const expiresAt = this.ttlMs === 0 ? null : now + this.ttlMs;
    const content = [record.startedAt, expiresAt, JSON.stringify(summary), JSON.stringify(record)] as const;
    const { changes } =
      version === undefined
        ? this.database
            .prepare(
              `INSERT INTO conversation (tenant, id, version, started_at, expires_at, summary, record)
               VALUES (?, ?, 1, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
            )
            .run(record.tenant, record.id, ...content)
        : this.database
            .prepare(
              `UPDATE conversation SET version = version + 1, started_at = ?, expires_at = ?, summary = ?, record = ?
               WHERE tenant = ? AND id = ? AND version = ?`,
            )
            .run(...content, record.tenant, record.id, Number(version));
    if (changes === 0) return undefined;
    return version === undefined ? '1' : String(Number(version) + 1);
  }

  remove(tenant: string, id: string): boolean {
    return this.database.prepare('DELETE FROM conversation WHERE tenant = ? AND id = ?').run(tenant, id).changes > 0;
  }

  /** How many had expired. */
  purge(now: number): number {
    return Number(this.database.prepare('DELETE FROM conversation WHERE expires_at <= ?').run(now).changes);
  }

  count(): number {
    return (this.database.prepare('SELECT count(*) AS count FROM conversation').get() as { count: number }).count;
  }

  close(): void {
    this.database.close();
  }
}

function summaryIn(text: string): ConversationSummary {
  return { ...KIND, title: null, ...(JSON.parse(text) as Omit<ConversationSummary, 'kind' | 'title'>) };
}
