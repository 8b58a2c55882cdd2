import { Aborted } from '../../kernel/abort.js';
import type { Clock } from '../../kernel/clock.js';
import { ParleyError } from '../../kernel/errors.js';
import { StoreOutage } from '../store-outage.js';
import { isRefusal } from '../store-refusal.js';
import type { ConversationJournal } from './conversation-journal.js';
import { type ConversationRecord, continued, merged } from './conversation-record.js';
import type { ConversationStore } from './conversation-store.js';

/** A write that takes longer is put into the journal meanwhile: the process may be killed. */
const SLOW_MS = 500;
const MAX_CONFLICTS = 5;
const CLOSE_LIMIT_MS = 3000;

interface Draft {
  /** As far as this process knows. */
  record: ConversationRecord;
  /** What somebody else has written of it, once that was found out; it is in each write from then on. */
  others: ConversationRecord | undefined;
  /** What the store has, as far as is known. */
  version: string | undefined;
  /** It was deleted. */
  removed: boolean;
}

interface Work extends Draft {
  /** Changed since the write under way began. */
  changed: boolean;
  writing: Promise<void> | undefined;
}

export interface ConversationWriterParts {
  readonly store: ConversationStore;
  readonly journal: ConversationJournal;
  readonly clock: Clock;
  /** Whether it was deleted: nothing of it is to be kept from then on. Never rejects. */
  isRemoved(tenant: string, id: string): Promise<boolean>;
  /** A conversation that waits for its insights is in the store. */
  onFinished(record: ConversationRecord): void;
  log(level: 'info' | 'warn' | 'error', message: string): void;
}

/**
 * Brings conversations to the store, behind the calls: of each the newest state, one write at a time. What the store does
 * not take goes into the journal, and from there to the store once it is back, also after a restart.
 */
export class ConversationWriter {
  private readonly work = new Map<string, Work>();
  private readonly outage: StoreOutage;
  private replaying: Promise<void> | undefined;
  private closed = false;

  constructor(private readonly parts: ConversationWriterParts) {
    this.outage = new StoreOutage({
      clock: parts.clock,
      store: 'The conversation store',
      item: 'A conversation',
      whenFailing: 'Conversations are kept in DATA_DIR until they can be written',
      onTry: () => void this.replay(),
      log: (level, message) => parts.log(level, message),
    });
  }

  /** Conversations of which something waits to be written, in memory and on disk. */
  get waiting(): number {
    const unwritten = [...this.work].flatMap(([key, { writing }]) => (writing ? [key] : []));
    return new Set([...unwritten, ...this.parts.journal.keys]).size;
  }

  /** Conversations that the store does not want. */
  get refused(): number {
    return this.parts.journal.refused;
  }

  get failing(): boolean {
    return this.outage.lasts;
  }

  /** What was left over by the process before. Never rejects. @param problem why the store cannot be used yet. */
  async start(problem?: unknown): Promise<void> {
    const { journal } = this.parts;
    await journal.open();
    const { keys, refused } = journal;
    if (keys.length > 0) this.parts.log('info', `${keys.length} conversations wait to be written again`);
    if (refused > 0) this.parts.log('warn', `${refused} conversations that the store refused are left in DATA_DIR`);
    if (problem === undefined) void this.replay();
    else this.outage.fails(problem);
  }

  /** The conversation has come to this. It is not to be changed afterwards. */
  note(record: ConversationRecord): void {
    const key = keyOf(record);
    const work = this.work.get(key);
    if (work) {
      // Not in its place: a session that goes on in this process begins with nothing.
      work.record = work.removed ? emptied(record) : continued(work.record, record);
      work.changed = true;
      // The store is slow: what comes meanwhile must survive, too.
      if (this.parts.journal.has(key)) void this.keep(key, work);
      work.writing ??= this.write(key, work);
      return;
    }
    const fresh: Work = { ...draftOf(record), changed: true, writing: undefined };
    this.work.set(key, fresh);
    fresh.writing = this.begin(key, fresh);
  }

  /**
   * It was deleted, which `isRemoved` knows already: what waits of it is dropped. Whether there was anything.
   * Never rejects.
   */
  async forget(tenant: string, id: string): Promise<boolean> {
    const key = keyOf({ tenant, id });
    const work = this.work.get(key);
    if (work) empty(work);
    return (await this.parts.journal.forget(key)) || work !== undefined;
  }

  /** Resolves when all that was noted is in the store or in the journal, or `withinMs` is over. Never rejects. */
  async written(withinMs: number): Promise<void> {
    const limit = new AbortController();
    const written = Promise.all([this.replaying, ...[...this.work.values()].map((work) => work.writing)]);
    const over = this.parts.clock.delay(withinMs, limit.signal).catch(() => undefined);
    await Promise.race([written, over]);
    limit.abort(new Aborted('completed'));
  }

  /** Resolves when everything is in the store or in the journal. Never rejects. */
  async close(): Promise<void> {
    this.closed = true;
    this.outage.stop();
    await this.written(CLOSE_LIMIT_MS);
    // A store that hangs must not hold up the end of the process.
    const unwritten = [...this.work].filter(([, { writing }]) => writing !== undefined);
    await Promise.all(unwritten.map(([key, work]) => this.keep(key, work)));
  }

  /** With what the journal has of it. */
  private async begin(key: string, work: Work): Promise<void> {
    const use = (before: ConversationRecord): void => {
      if (!work.removed) work.record = continued(before, work.record);
    };
    await this.parts.journal.adopt(key, use);
    await this.write(key, work);
  }

  private async write(key: string, work: Work): Promise<void> {
    const { journal, clock } = this.parts;
    // What changes in one go is written in one go.
    await Promise.resolve();
    while (work.changed) {
      work.changed = false;
      const slow = clock.setTimeout(() => void this.keep(key, work), SLOW_MS);
      try {
        await this.bring(work);
        slow.cancel();
        this.takes(key);
        if (!work.changed) await journal.forget(key);
      } catch (error) {
        slow.cancel();
        if (isRefusal(error)) await journal.setAside(key, () => work.record, error.message);
        else {
          await this.keep(key, work);
          this.outage.fails(error, key);
        }
        // From now on the disk has it.
        if (!work.changed) break;
      }
    }
    work.writing = undefined;
    // One that was deleted stays known as such as long as its call goes on.
    if (work.record.status !== 'in_progress' || (journal.has(key) && !work.removed)) this.work.delete(key);
  }

  /** To the store; if it was deleted, out of it. */
  private async bring(draft: Draft): Promise<void> {
    const { tenant, id } = draft.record;
    if (!(await this.parts.isRemoved(tenant, id))) {
      await this.put(draft);
      // By now it may be.
      if (!(await this.parts.isRemoved(tenant, id))) return;
    }
    empty(draft);
    await this.parts.store.remove(tenant, id);
  }

  /** Over what other replicas have written of it. */
  private async put(draft: Draft): Promise<void> {
    const { store } = this.parts;
    for (let attempt = 0; ; attempt++) {
      const { record, others, version } = draft;
      try {
        const written = others ? merged(others, record) : record;
        draft.version = await store.put(written, version);
        if (written.status === 'processing') this.parts.onFinished(written);
        return;
      } catch (error) {
        if (!(error instanceof ParleyError) || error.code !== 'conflict' || attempt === MAX_CONFLICTS) throw error;
      }
      const stored = await store.get(record.tenant, record.id);
      draft.others = stored?.record;
      draft.version = stored?.version;
    }
  }

  private keep(key: string, work: Work): Promise<void> {
    return this.parts.journal.keep(key, () => work.record);
  }

  private takes(key: string): void {
    if (this.outage.works(key)) void this.replay();
  }

  /** Brings what is in the journal to the store, as far as it takes it. */
  private replay(): Promise<void> {
    return (this.replaying ??= this.bringAll().finally(() => {
      this.replaying = undefined;
      // What was put there behind it.
      if (this.parts.journal.keys.some((key) => !this.work.has(key))) this.outage.tryLater();
    }));
  }

  private async bringAll(): Promise<void> {
    for (const key of this.parts.journal.keys) {
      if (this.closed) return;
      const goesOn = await this.bringOne(key);
      if (!goesOn) return;
    }
    // There was nothing to find out with.
    if (!this.failing || this.closed) return;
    try {
      await this.parts.store.check();
      this.outage.works();
    } catch (error) {
      this.outage.fails(error);
    }
  }

  /** Whether it makes sense to try others. */
  private async bringOne(key: string): Promise<boolean> {
    const { journal } = this.parts;
    const entry = journal.entryOf(key);
    const record = await journal.read(key);
    // Something newer is on its way.
    if (this.work.has(key) || journal.entryOf(key) !== entry) return true;
    if (!record) {
      journal.ignore(key);
      this.parts.log('error', 'What was kept of a conversation in DATA_DIR cannot be read; it is left there');
      return true;
    }
    const draft = draftOf(record);
    try {
      await this.bring(draft);
      await journal.forget(key, entry);
      this.takes(key);
      return true;
    } catch (error) {
      if (isRefusal(error)) {
        await journal.setAside(key, () => draft.record, error.message, entry);
        return true;
      }
      journal.postpone(key);
      return !this.outage.fails(error, key);
    }
  }
}

function draftOf(record: ConversationRecord): Draft {
  return { record, others: undefined, version: undefined, removed: false };
}

function empty(draft: Draft): void {
  draft.removed = true;
  draft.record = emptied(draft.record);
  draft.others = undefined;
}

function emptied(record: ConversationRecord): ConversationRecord {
  return { ...record, entries: [] };
}

function keyOf({ tenant, id }: Pick<ConversationRecord, 'tenant' | 'id'>): string {
  return `${tenant}/${id}`;
}
