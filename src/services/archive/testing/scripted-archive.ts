import { Readable } from 'node:stream';
import {
  type ArchivedAudio,
  type ArchivedContent,
  type ArchivedPlace,
  AudioArchive,
  archiveFailed,
} from '../audio-archive.js';

/** Keeps audio in memory, as long as it works. */
export class ScriptedArchive extends AudioArchive {
  readonly name = 'scripted';
  readonly kept = new Map<string, Uint8Array>();
  fault: 'none' | 'fails' | 'hangs' | 'refuses' = 'none';
  /** A conversation of which it cannot take anything for now. */
  failing = '';
  asked = 0;
  /** The conversations that something was to be put for. */
  readonly tried = new Set<string>();
  /** When what is put was written, ISO 8601. */
  writtenAt = '2026-01-01T00:00:00.000Z';
  private waiting: (() => void)[] = [];

  start(): Promise<void> {
    return Promise.resolve();
  }

  check(): Promise<Record<string, unknown>> {
    return this.answer({});
  }

  async put(tenant: string, id: string, name: string, bytes: Uint8Array): Promise<void> {
    this.tried.add(id);
    await this.answer(undefined);
    if (id === this.failing) throw archiveFailed('no', true);
    this.kept.set(`${tenant}/${id}/${name}`, bytes);
  }

  list(tenant: string, id: string): Promise<ArchivedAudio[]> {
    const folder = `${tenant}/${id}/`;
    const found = [...this.kept].filter(([key]) => key.startsWith(folder));
    const listed = found.map(([key, { length }]) => this.shown(key.slice(folder.length), length));
    return Promise.resolve(listed.sort((one, other) => (one.name < other.name ? -1 : 1)));
  }

  get(tenant: string, id: string, name: string): Promise<ArchivedContent | undefined> {
    const bytes = this.kept.get(`${tenant}/${id}/${name}`);
    const content = bytes && { stream: Readable.from([bytes]), bytes: bytes.length, contentType: 'audio/wav' };
    return Promise.resolve(content);
  }

  remove(tenant: string, id: string, name: string): Promise<void> {
    this.kept.delete(`${tenant}/${id}/${name}`);
    return Promise.resolve();
  }

  removeAll(tenant: string, id: string): Promise<number> {
    const gone = [...this.kept.keys()].filter((key) => key.startsWith(`${tenant}/${id}/`));
    for (const key of gone) this.kept.delete(key);
    return Promise.resolve(gone.length);
  }

  async *everywhere(): AsyncGenerator<ArchivedPlace> {
    await Promise.resolve();
    const folders = new Set([...this.kept.keys()].map((key) => key.slice(0, key.lastIndexOf('/'))));
    for (const folder of folders) {
      const [tenant = '', conversationId = ''] = folder.split('/');
      yield { tenant, conversationId, writtenAt: this.writtenAt };
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Resolves when it has been asked so often. */
  async untilAsked(times: number): Promise<void> {
    while (this.asked < times) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private shown(name: string, bytes: number): ArchivedAudio {
    return { name, bytes, writtenAt: this.writtenAt };
  }

  private async answer<T>(answer: T): Promise<T> {
    this.asked++;
    for (const resolve of this.waiting.splice(0)) resolve();
    if (this.fault === 'hangs') return new Promise(() => undefined);
    await Promise.resolve();
    if (this.fault !== 'none') throw archiveFailed('no', this.fault === 'fails');
    return answer;
  }
}
