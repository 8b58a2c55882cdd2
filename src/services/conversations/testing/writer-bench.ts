import { mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ManualClock } from '../../../kernel/clock.js';
import { ParleyError } from '../../../kernel/errors.js';
import { Journal } from '../../journal.js';
import { ConversationJournal } from '../conversation-journal.js';
import type { ConversationRecord } from '../conversation-record.js';
import { ConversationStore, type StoredConversation } from '../conversation-store.js';
import { ConversationWriter } from '../conversation-writer.js';

/** A store in memory that can be down, slow, or shared with another writer. */
export class StoreDouble extends ConversationStore {
  readonly name = 'double';
  readonly stored = new Map<string, StoredConversation>();
  down = false;
  /** Ids that it never takes, and such that it cannot take for now. */
  readonly refused = new Set<string>();
  readonly failing = new Set<string>();
  delayMs = 0;
  puts = 0;

  constructor(private readonly clock: ManualClock) {
    super();
  }

  override start = async (): Promise<void> => undefined;
  override list = async (): Promise<never[]> => [];
  override unfinished = async (): Promise<never[]> => [];
  override close = async (): Promise<void> => undefined;

  override async get(tenant: string, id: string): Promise<StoredConversation | undefined> {
    await this.answer();
    return this.stored.get(`${tenant}/${id}`);
  }

  override async put(record: ConversationRecord, version: string | undefined): Promise<string> {
    this.puts++;
    await this.answer();
    if (this.refused.has(record.id)) throw new ParleyError('store_failed', 'status 413', false);
    if (this.failing.has(record.id)) throw new ParleyError('store_failed', 'status 500', true);
    const key = `${record.tenant}/${record.id}`;
    if (this.stored.get(key)?.version !== version) throw new ParleyError('conflict', 'changed', true);
    const next = String(Number(version ?? 0) + 1);
    this.stored.set(key, { record, version: next });
    return next;
  }

  override async check(): Promise<Record<string, unknown>> {
    await this.answer();
    return {};
  }

  override async remove(tenant: string, id: string): Promise<boolean> {
    await this.answer();
    return this.stored.delete(`${tenant}/${id}`);
  }

  turnsOf(id: string): string[] {
    return this.stored.get(`acme/${id}`)?.record.entries.map((entry) => entry.id) ?? [];
  }

  private async answer(): Promise<void> {
    if (this.delayMs > 0) await this.clock.delay(this.delayMs);
    if (this.down) throw new ParleyError('store_failed', 'down', true);
  }
}

export function record(
  id: string,
  turns: readonly number[],
  changes: Partial<ConversationRecord> = {},
): ConversationRecord {
  return {
    id,
    kind: 'voice',
    tenant: 'acme',
    scenario: 's',
    agent: 'a',
    status: 'in_progress',
    startedAt: '2026-11-20T10:00:00.000Z',
    updatedAt: `2026-11-20T10:00:${String(turns.length).padStart(2, '0')}.000Z`,
    endReason: null,
    entries: turns.map((turn) => ({
      id: `turn_${turn}`,
      at_ms: turn,
      role: 'caller',
      source: 'text',
      text: 'x',
      rejected: false,
    })),
    ...changes,
  };
}

/** A writer, its store and its disk. */
export class WriterBench {
  readonly clock = new ManualClock();
  readonly store = new StoreDouble(this.clock);
  readonly directory = path.join(mkdtempSync(path.join(tmpdir(), 'parley-writer-')), 'journal');
  readonly lines: string[] = [];
  /** Ids of conversations that came into the store to be read. */
  readonly finished: string[] = [];
  /** Ids of conversations that were deleted. */
  readonly removed = new Set<string>();
  writer = this.create();

  /** @param directory of its journal: replicas have one each. */
  create(directory = this.directory): ConversationWriter {
    const log = (level: string, line: string): void => void this.lines.push(`${level}: ${line}`);
    const [waiting, refused] = [new Journal(directory), new Journal(path.join(directory, 'refused'))];
    return new ConversationWriter({
      store: this.store,
      journal: new ConversationJournal({ waiting, refused, log }),
      clock: this.clock,
      isRemoved: async (_, id) => this.removed.has(id),
      onFinished: (record) => void this.finished.push(record.id),
      log,
    });
  }

  /** Told to end: what is under way ends within its time. */
  async end(writer: ConversationWriter): Promise<void> {
    let isClosed = false;
    void writer.close().then(() => (isClosed = true));
    await this.until(() => isClosed, 500);
  }

  journaled(): number {
    return this.files(this.directory).length;
  }

  /** What lies in the journal. */
  texts(): string[] {
    return this.files(this.directory).map((name) => readFileSync(path.join(this.directory, name), 'utf8'));
  }

  setAside(): string[] {
    return this.files(path.join(this.directory, 'refused'));
  }

  /** Files take real time, which stands still here otherwise. */
  async until(condition: () => boolean, stepMs = 0): Promise<void> {
    const giveUpAt = performance.now() + 5000;
    while (!condition()) {
      if (performance.now() > giveUpAt) throw new Error(`not so; ${this.lines.join('; ')}`);
      await this.clock.advance(stepMs);
    }
  }

  private files(directory: string): string[] {
    try {
      return readdirSync(directory).filter((name) => name.endsWith('.json'));
    } catch {
      return [];
    }
  }
}
