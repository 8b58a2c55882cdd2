import { ParleyError } from '../../../src/kernel/errors.js';
import type { ListenStore } from '../../../src/listen/conversation/conversation-lifecycle.js';
import { type ConversationRecord, summaryOf } from '../../../src/services/conversations/conversation-record.js';
import { redaction } from '../../../src/services/conversations/redaction.js';

/** Conversations in memory; the store can be told to be down, or never to answer. */
export class MemoryConversations implements ListenStore {
  readonly redact = redaction(['card', 'email', 'phone']);
  enabled = true;
  isDown = false;
  readonly records = new Map<string, ConversationRecord>();
  /** Left to the journal. */
  readonly noted: ConversationRecord[] = [];
  readonly removed: string[] = [];
  writes = 0;
  private waiting: { readonly isTrue: () => boolean; readonly resolve: () => void }[] = [];

  async find(tenant: string, id: string): Promise<ConversationRecord | undefined> {
    await this.answer();
    return this.get(tenant, id);
  }

  async change(
    tenant: string,
    id: string,
    change: (stored: ConversationRecord | undefined) => ConversationRecord | undefined,
  ): Promise<ConversationRecord | undefined> {
    await this.answer();
    const changed = change(this.get(tenant, id));
    if (!changed || this.removed.includes(id)) return undefined;
    this.records.set(id, structuredClone(changed));
    this.writes++;
    this.tell();
    return changed;
  }

  async *unfinished(updatedBefore: string) {
    await this.answer();
    const found = [...this.records.values()].filter(
      ({ status, updatedAt }) => ['in_progress', 'processing'].includes(status) && updatedAt < updatedBefore,
    );
    yield* found.map(summaryOf);
  }

  async remove(tenant: string, id: string): Promise<boolean> {
    await this.answer();
    this.removed.push(id);
    const isThere = this.get(tenant, id) !== undefined;
    this.records.delete(id);
    this.tell();
    return isThere;
  }

  note(record: ConversationRecord): void {
    this.noted.push(structuredClone(record));
  }

  /** Resolves when it is true of what is stored. */
  until(isTrue: () => boolean): Promise<void> {
    if (isTrue()) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ isTrue, resolve }));
  }

  /** Segments of the conversation, as `speaker: text`. */
  said(id: string): string[] {
    return this.records.get(id)?.listened?.segments.map(({ speaker, text }) => `${speaker}: ${text}`) ?? [];
  }

  private get(tenant: string, id: string): ConversationRecord | undefined {
    const record = this.records.get(id);
    return record?.tenant === tenant ? structuredClone(record) : undefined;
  }

  private async answer(): Promise<void> {
    await Promise.resolve();
    if (this.isDown) throw new ParleyError('store_failed', 'The store does not answer', true);
  }

  private tell(): void {
    const ready = this.waiting.filter(({ isTrue }) => isTrue());
    this.waiting = this.waiting.filter((waiter) => !ready.includes(waiter));
    for (const { resolve } of ready) resolve();
  }
}
