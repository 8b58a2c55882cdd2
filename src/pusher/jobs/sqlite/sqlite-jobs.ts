import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { DeadJob, Job, JobCounts, JobState } from '../job-queue.js';

const SCHEMA = `
  PRAGMA busy_timeout = 2000;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS job (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    -- Of one that waits, when its turn comes; of one that runs, when its lease ends; of the others, when they ended.
    at INTEGER NOT NULL,
    -- Changes with each worker that takes it.
    lease INTEGER NOT NULL DEFAULT 0,
    problem TEXT
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS job_by_turn ON job (state, kind, at);
`;

export interface TakenJob extends Job {
  readonly lease: number;
  /** Of it and those before it. */
  readonly attempts: number;
}

/** Jobs in one SQLite file, which several processes may use. Synchronous: it belongs in a thread of its own. Times are Unix ms. */
export class SqliteJobs {
  private readonly database: DatabaseSync;

  /** @param file `:memory:` for none */
  constructor(file: string) {
    if (file !== ':memory:') mkdirSync(path.dirname(file), { recursive: true });
    this.database = new DatabaseSync(file);
    this.database.exec(SCHEMA);
  }

  put({ id, kind, payload }: Job, at: number): void {
    this.database
      .prepare("INSERT INTO job (id, kind, payload, state, at) VALUES (?, ?, ?, 'waiting', ?) ON CONFLICT DO NOTHING")
      .run(id, kind, JSON.stringify(payload), at);
  }

  /** The one that has been due for longest, or whose worker has not been heard of. */
  take(kind: string, now: number, leaseMs: number): TakenJob | undefined {
    const row = this.database
      .prepare(
        `UPDATE job SET state = 'running', at = ?1 + ?2, lease = lease + 1, attempts = attempts + 1
         WHERE id = (SELECT id FROM job WHERE state IN ('waiting', 'running') AND kind = ?3 AND at <= ?1 ORDER BY at LIMIT 1)
         RETURNING id, kind, payload, lease, attempts`,
      )
      .get(now, leaseMs, kind) as { id: string; payload: string; lease: number; attempts: number } | undefined;
    return row && { ...row, kind, payload: JSON.parse(row.payload) as unknown };
  }

  /** False if somebody else has it. */
  renew(id: string, lease: number, until: number): boolean {
    return this.whileRunning('at = ?3', id, lease, until);
  }

  done(id: string, lease: number, now: number): boolean {
    return this.whileRunning("state = 'done', at = ?3, problem = NULL", id, lease, now);
  }

  /** Its turn comes again. @param counts whether this was an attempt. */
  again(id: string, lease: number, at: number, counts: boolean, problem: string | null): boolean {
    const attempts = counts ? '' : ', attempts = attempts - 1';
    return this.whileRunning(`state = 'waiting', at = ?3, problem = ?4${attempts}`, id, lease, at, problem);
  }

  bury(id: string, lease: number, now: number, problem: string): boolean {
    return this.whileRunning("state = 'dead', at = ?3, problem = ?4", id, lease, now, problem);
  }

  stateOf(id: string): JobState | undefined {
    return (this.database.prepare('SELECT state FROM job WHERE id = ?').get(id) as { state: JobState } | undefined)
      ?.state;
  }

  counts(now: number): JobCounts {
    const rows = this.database
      .prepare(
        `SELECT iif(state = 'waiting' AND at > ?, 'later', state) AS state, count(*) AS count, min(at) AS at FROM job
         WHERE state <> 'done' GROUP BY 1`,
      )
      .all(now) as { state: JobState | 'later'; count: number; at: number }[];
    const of = (state: JobState | 'later'): number => rows.find((row) => row.state === state)?.count ?? 0;
    const first = rows.find((row) => row.state === 'waiting')?.at ?? now;
    return {
      waiting: of('waiting'),
      later: of('later'),
      running: of('running'),
      dead: of('dead'),
      oldestMs: Math.max(0, now - first),
    };
  }

  dead(limit: number): DeadJob[] {
    const rows = this.database
      .prepare("SELECT * FROM job WHERE state = 'dead' ORDER BY at DESC LIMIT ?")
      .all(limit) as unknown as {
      id: string;
      kind: string;
      payload: string;
      attempts: number;
      at: number;
      problem: string;
    }[];
    return rows.map(({ id, kind, payload, attempts, at, problem }) => ({
      id,
      kind,
      payload: JSON.parse(payload) as unknown,
      attempts,
      problem,
      diedAt: new Date(at).toISOString(),
    }));
  }

  revive(id: string, now: number): boolean {
    return (
      this.database
        .prepare("UPDATE job SET state = 'waiting', at = ?, attempts = 0 WHERE id = ? AND state = 'dead'")
        .run(now, id).changes > 0
    );
  }

  remove(id: string): boolean {
    return this.database.prepare('DELETE FROM job WHERE id = ?').run(id).changes > 0;
  }

  /** Of those that ended before. */
  purge(before: number): number {
    return Number(
      this.database.prepare("DELETE FROM job WHERE state IN ('done', 'dead') AND at < ?").run(before).changes,
    );
  }

  close(): void {
    this.database.close();
  }

  private whileRunning(change: string, id: string, lease: number, ...values: (number | string | null)[]): boolean {
    return (
      this.database
        .prepare(`UPDATE job SET ${change} WHERE id = ?1 AND lease = ?2 AND state = 'running'`)
        .run(id, lease, ...values).changes > 0
    );
  }
}
