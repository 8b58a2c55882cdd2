import { buffer } from 'node:stream/consumers';
import type { AudioArchive } from './audio-archive.js';

export interface PieceKey {
  readonly tenant: string;
  readonly conversationId: string;
  readonly name: string;
}

interface Entry extends PieceKey {
  readonly bytes: number;
}

/**
 * Audio that could not be brought to its archive yet: it survives the process. Bounded; what lies there counts from the
 * moment it is written. Every method rejects with `store_failed` when the disk does not work.
 */
export class PieceJournal {
  private readonly entries = new Map<string, Entry>();
  private used = 0;

  constructor(
    private readonly disk: AudioArchive,
    private readonly maxBytes: number,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  get bytes(): number {
    return this.used;
  }

  /** Those that lie there longest first. */
  get keys(): readonly PieceKey[] {
    return [...this.entries.values()];
  }

  /** What was left over by the process before. */
  async open(): Promise<void> {
    for await (const { tenant, conversationId } of this.disk.everywhere())
      for (const { name, bytes } of await this.disk.list(tenant, conversationId))
        this.note({ tenant, conversationId, name, bytes });
  }

  /** False if there is no room for it. */
  async write(key: PieceKey, bytes: Uint8Array): Promise<boolean> {
    if (this.used + bytes.length > this.maxBytes) return false;
    // Others may come while it is written.
    this.used += bytes.length;
    try {
      await this.disk.put(key.tenant, key.conversationId, key.name, bytes, 'audio/wav');
    } finally {
      this.used -= bytes.length;
    }
    this.note({ ...key, bytes: bytes.length });
    return true;
  }

  /** Undefined if it is not there any more. */
  async read({ tenant, conversationId, name }: PieceKey): Promise<Buffer | undefined> {
    const content = await this.disk.get(tenant, conversationId, name);
    return content && (await buffer(content.stream));
  }

  async remove(key: PieceKey): Promise<void> {
    await this.disk.remove(key.tenant, key.conversationId, key.name);
    this.forget(key);
  }

  async removeAll(tenant: string, conversationId: string): Promise<void> {
    const gone = [...this.entries.values()].filter(
      (entry) => entry.tenant === tenant && entry.conversationId === conversationId,
    );
    for (const key of gone) this.forget(key);
    await this.disk.removeAll(tenant, conversationId);
  }

  /** It is left on the disk, but is not tried again before the next start. */
  forget(key: PieceKey): void {
    this.used -= this.entries.get(idOf(key))?.bytes ?? 0;
    this.entries.delete(idOf(key));
  }

  /** Others come first. */
  postpone(key: PieceKey): void {
    const entry = this.entries.get(idOf(key));
    if (entry) this.note(entry);
  }

  private note(entry: Entry): void {
    this.forget(entry);
    this.entries.set(idOf(entry), entry);
    this.used += entry.bytes;
  }
}

function idOf({ tenant, conversationId, name }: PieceKey): string {
  return JSON.stringify([tenant, conversationId, name]);
}
