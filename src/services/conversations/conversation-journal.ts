import { messageOf } from '../../kernel/errors.js';
import type { Journal } from '../journal.js';
import { type ConversationRecord, conversationRecord } from './conversation-record.js';

export interface ConversationJournalParts {
  /** What waits for the store. */
  readonly waiting: Journal;
  /** What the store does not want. */
  readonly refused: Journal;
  log(level: 'error', message: string): void;
}

/** Conversations on disk, because the store did not take them; one file is touched at a time. None of its methods rejects. */
export class ConversationJournal {
  /** Keys of what waits, each with a number that changes when something else is kept for it. */
  private readonly entries = new Map<string, number>();
  private readonly refusedKeys = new Set<string>();
  private kept = 0;
  private disk = Promise.resolve();

  constructor(private readonly parts: ConversationJournalParts) {}

  /** Of what waits for the store, the longest first. */
  get keys(): readonly string[] {
    return [...this.entries.keys()];
  }

  /** How many the store does not want. */
  get refused(): number {
    return this.refusedKeys.size;
  }

  /** What was left over by the process before. */
  async open(): Promise<void> {
    try {
      for (const key of await this.parts.waiting.keys()) this.entries.set(key, ++this.kept);
      for (const key of await this.parts.refused.keys()) this.refusedKeys.add(key);
    } catch (error) {
      this.parts.log('error', `What is kept in DATA_DIR cannot be read: ${messageOf(error)}`);
    }
  }

  /** Whether it waits for the store. */
  has(key: string): boolean {
    return this.entries.has(key);
  }

  /** Changes when something else is kept. */
  entryOf(key: string): number | undefined {
    return this.entries.get(key);
  }

  /** @param newest asked for when it is written. */
  keep(key: string, newest: () => ConversationRecord): Promise<void> {
    this.entries.set(key, ++this.kept);
    return this.onDisk(
      () => this.parts.waiting.write(key, JSON.stringify(newest())),
      'A conversation can be kept neither in the store nor in DATA_DIR',
    );
  }

  /** What lies there of it, given to `use` before anything else is written. */
  async adopt(key: string, use: (record: ConversationRecord) => void): Promise<void> {
    const { waiting, refused } = this.parts;
    const has = [...(this.refusedKeys.has(key) ? [refused] : []), ...(this.entries.has(key) ? [waiting] : [])];
    if (has.length === 0) return;
    await this.onDisk(async () => {
      for (const journal of has) {
        const text = await journal.read(key);
        const record = text === undefined ? undefined : parse(text);
        if (record) use(record);
      }
    }, 'What is kept of a conversation in DATA_DIR cannot be read');
  }

  /** Undefined for what is none; it is left on the disk. */
  async read(key: string): Promise<ConversationRecord | undefined> {
    let found: ConversationRecord | undefined;
    const { waiting } = this.parts;
    await this.onDisk(async () => {
      const text = await waiting.read(key);
      found = text === undefined ? undefined : parse(text);
    }, 'What is kept of a conversation in DATA_DIR cannot be read');
    return found;
  }

  /** It is in the store, or was deleted. @param entry nothing happens if something else has been kept since. */
  async forget(key: string, entry = this.entries.get(key)): Promise<boolean> {
    const wasRefused = this.refusedKeys.delete(key);
    const waited = entry !== undefined && this.entries.get(key) === entry && this.entries.delete(key);
    const { waiting, refused } = this.parts;
    if (waited || wasRefused)
      await this.onDisk(async () => {
        if (waited) await waiting.remove(key);
        if (wasRefused) await refused.remove(key);
      }, 'A conversation will be written again');
    return waited || wasRefused;
  }

  /** It cannot be read: it is left where it is, and not tried again before the next start. */
  ignore(key: string): void {
    this.entries.delete(key);
  }

  /** Others come first. */
  postpone(key: string): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    this.entries.delete(key);
    this.entries.set(key, entry);
  }

  /**
   * The store does not want it: it is kept for somebody to look at.
   * @param entry nothing happens if something else has been kept since, or it was deleted.
   */
  async setAside(
    key: string,
    newest: () => ConversationRecord,
    reason: string,
    entry = this.entries.get(key),
  ): Promise<void> {
    const { waiting, refused } = this.parts;
    await this.onDisk(async () => {
      if (this.entries.get(key) !== entry) return;
      await refused.write(key, JSON.stringify(newest()));
      if (!this.refusedKeys.has(key))
        this.parts.log('error', `A conversation that the store refuses is left in ${refused.fileOf(key)}: ${reason}`);
      this.refusedKeys.add(key);
      // What is kept in the meantime has its turn after this.
      if (entry === undefined || this.entries.get(key) !== entry) return;
      this.entries.delete(key);
      await waiting.remove(key);
    }, 'A conversation that the store refuses cannot be kept in DATA_DIR');
  }

  /** One after the other: what is removed must not be written a moment later. */
  private onDisk(work: () => Promise<void>, problem: string): Promise<void> {
    return (this.disk = this.disk.then(work).catch((error: unknown) => {
      this.parts.log('error', `${problem}: ${messageOf(error)}`);
    }));
  }
}

function parse(text: string): ConversationRecord | undefined {
  try {
    return conversationRecord.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
