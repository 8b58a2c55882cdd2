import { Aborted } from '../../kernel/abort.js';
import type { Clock, Timer } from '../../kernel/clock.js';
import { ParleyError, messageOf } from '../../kernel/errors.js';
import type { Journal } from '../journal.js';
import { type ConversationRecord, conversationRecord, merged } from './conversation-record.js';
import type { ConversationStore } from './conversation-store.js';

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** A write that takes longer is put into the journal meanwhile: the process may be killed. */
const SLOW_MS = 500;
const MAX_CONFLICTS = 5;
const CLOSE_LIMIT_MS = 3000;

interface Work {
  record: ConversationRecord;
  /** What the store has, as far as is known. */
  version: string | undefined;
  /** Changed since the write under way began. */
  changed: boolean;
  writing: Promise<void> | undefined;
}

export interface ConversationWriterParts {
  readonly store: ConversationStore;
  readonly journal: Journal;
  readonly clock: Clock;
  log(level: 'info' | 'warn' | 'error', message: string): void;
}

/**
 * Brings conversations to the store, behind the calls: of each the newest state, one write at a time. What the store does not take goes
 * into the journal, and from there to the store once it is back, also after a restart.
 */
export class ConversationWriter {
  private readonly work = new Map<string, Work>();
  /** Keys in the journal, each with a number that changes when something else is written for it. */
  private readonly journaled = new Map<string, number>();
  private entries = 0;
  private failingSince: number | undefined;
  private retry: Timer | undefined;
  private pauseMs = FIRST_PAUSE_MS;
  private replaying: Promise<void> | undefined;
  private closed = false;
  private disk = Promise.resolve();

  constructor(private readonly parts: ConversationWriterParts) {}

  /** Conversations that wait to be written, in memory and on disk. */
  get waiting(): number {
    return new Set([...this.work.keys(), ...this.journaled.keys()]).size;
  }

  get failing(): boolean {
    return this.failingSince !== undefined;
  }

  /** What was left over by the process before. Never rejects. */
  async start(): Promise<void> {
    try {
      for (const key of await this.parts.journal.keys()) this.journaled.set(key, ++this.entries);
    } catch (error) {
      this.parts.log('error', `What is kept in DATA_DIR cannot be read: ${messageOf(error)}`);
    }
    if (this.journaled.size > 0)
      this.parts.log('info', `${this.journaled.size} conversations wait to be written again`);
    void this.replay();
  }

  /** The conversation has come to this. It is not to be changed afterwards. */
  note(record: ConversationRecord): void {
    const key = keyOf(record);
    const work = this.work.get(key);
    if (work) {
      work.record = record;
      work.changed = true;
      // The store is slow: what comes meanwhile must survive, too.
      if (this.journaled.has(key)) void this.keep(key, record);
      work.writing ??= this.write(key, work);
      return;
    }
    const fresh: Work = { record, version: undefined, changed: true, writing: undefined };
    this.work.set(key, fresh);
    fresh.writing = this.write(key, fresh);
  }

  /** Resolves when everything is in the store or in the journal. Never rejects. */
  async close(): Promise<void> {
    this.closed = true;
    this.retry?.cancel();
    const limit = new AbortController();
    const written = Promise.all([this.replaying, ...[...this.work.values()].map((work) => work.writing)]);
    const over = this.parts.clock.delay(CLOSE_LIMIT_MS, limit.signal).catch(() => undefined);
    await Promise.race([written, over]);
    limit.abort(new Aborted('completed'));
    // A store that hangs must not hold up the end of the process.
    const unwritten = [...this.work].filter(([, { writing }]) => writing !== undefined);
    await Promise.all(unwritten.map(([key, { record }]) => this.keep(key, record)));
  }

  private async write(key: string, work: Work): Promise<void> {
    // What changes in one go is written in one go.
    await Promise.resolve();
    while (work.changed) {
      work.changed = false;
      const { record } = work;
      const slow = this.parts.clock.setTimeout(() => void this.keep(key, record), SLOW_MS);
      try {
        work.version = await this.put(record, work.version);
        slow.cancel();
        if (!work.changed) await this.forget(key, this.journaled.get(key));
        this.works();
      } catch (error) {
        slow.cancel();
        await this.keep(key, work.record);
        this.fails(error);
        // From now on the journal has it.
        if (!work.changed) break;
      }
    }
    work.writing = undefined;
    if (work.record.status === 'completed' || this.journaled.has(key)) this.work.delete(key);
  }

  /** Over what other replicas have written of it. */
  private async put(record: ConversationRecord, version: string | undefined): Promise<string> {
    const { store } = this.parts;
    let current = record;
    for (let attempt = 0; ; attempt++) {
      try {
        return await store.put(current, version);
      } catch (error) {
        if (!(error instanceof ParleyError) || error.code !== 'conflict' || attempt === MAX_CONFLICTS) throw error;
      }
      const stored = await store.get(record.tenant, record.id);
      current = stored ? merged(stored.record, record) : record;
      version = stored?.version;
    }
  }

  private keep(key: string, record: ConversationRecord): Promise<void> {
    this.journaled.set(key, ++this.entries);
    return this.onDisk(
      () => this.parts.journal.write(key, JSON.stringify(record)),
      'A conversation can be kept neither in the store nor in DATA_DIR',
    );
  }

  /** Unless something newer was kept since `entry`. */
  private async forget(key: string, entry: number | undefined): Promise<void> {
    if (entry === undefined || this.journaled.get(key) !== entry) return;
    this.journaled.delete(key);
    await this.onDisk(() => this.parts.journal.remove(key), 'A conversation will be written again');
  }

  /** One after the other: what is removed must not be written a moment later. */
  private onDisk(work: () => Promise<void>, problem: string): Promise<void> {
    return (this.disk = this.disk.then(work).catch((error: unknown) => {
      this.parts.log('error', `${problem}: ${messageOf(error)}`);
    }));
  }

  private works(): void {
    if (this.failingSince === undefined) return;
    const seconds = Math.round((this.parts.clock.now() - this.failingSince) / 1000);
    this.failingSince = undefined;
    this.pauseMs = FIRST_PAUSE_MS;
    this.parts.log('info', `The conversation store works again, after ${seconds} s`);
    void this.replay();
  }

  private fails(error: unknown): void {
    if (this.failingSince === undefined) {
      this.failingSince = this.parts.clock.now();
      this.parts.log('error', `Conversations are kept in DATA_DIR until they can be written: ${messageOf(error)}`);
    }
    this.replayLater();
  }

  private replayLater(): void {
    if (this.closed) return;
    this.retry?.cancel();
    this.retry = this.parts.clock.setTimeout(() => void this.replay(), this.pauseMs);
    this.pauseMs = Math.min(LONGEST_PAUSE_MS, this.pauseMs * 2);
  }

  /** Brings what is in the journal to the store, as far as it takes it. */
  private replay(): Promise<void> {
    return (this.replaying ??= this.bringAll().finally(() => {
      this.replaying = undefined;
      // What was put there behind it.
      if ([...this.journaled.keys()].some((key) => !this.work.has(key))) this.replayLater();
    }));
  }

  private async bringAll(): Promise<void> {
    for (const key of this.journaled.keys()) {
      if (this.closed) return;
      const entry = this.journaled.get(key);
      const text = await this.read(key);
      // Something newer is on its way.
      if (this.work.has(key) || this.journaled.get(key) !== entry) continue;
      const record = text === undefined ? undefined : parse(text);
      if (!record) {
        this.journaled.delete(key);
        this.parts.log('error', 'What was kept of a conversation in DATA_DIR cannot be read; it is left there');
        continue;
      }
      try {
        await this.put(record, undefined);
        await this.forget(key, entry);
        this.works();
      } catch (error) {
        return this.fails(error);
      }
    }
  }

  private async read(key: string): Promise<string | undefined> {
    // What is still being written of it comes first.
    await this.disk;
    return this.parts.journal.read(key);
  }
}

function keyOf({ tenant, id }: ConversationRecord): string {
  return `${tenant}/${id}`;
}

function parse(text: string): ConversationRecord | undefined {
  try {
    return conversationRecord.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
