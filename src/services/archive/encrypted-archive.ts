import { Readable } from 'node:stream';
import { ParleyError } from '../../kernel/errors.js';
import type { ArchiveKey, ArchiveKeys } from './archive-keys.js';
import { type ArchivedAudio, type ArchivedContent, type ArchivedPlace, AudioArchive } from './audio-archive.js';
import { seal, unseal, unsealedLength } from './sealed-file.js';

const SUFFIX = '.enc';
const TYPES: Readonly<Record<string, string>> = { wav: 'audio/wav', json: 'application/json' };

/**
 * Another archive, of which nobody can read anything without the keys: files of tenants that have one are encrypted on
 * their way into it, and have `.enc` behind their names there. What lies there unencrypted, from earlier, stays readable.
 */
export class EncryptedArchive extends AudioArchive {
  readonly name: string;

  constructor(
    private readonly inner: AudioArchive,
    private readonly keys: ArchiveKeys,
  ) {
    super();
    this.name = inner.name;
  }

  override start(signal: AbortSignal): Promise<void> {
    return this.inner.start(signal);
  }

  override check(): Promise<Record<string, unknown>> {
    return this.inner.check();
  }

  override async put(
    tenant: string,
    conversationId: string,
    name: string,
    bytes: Uint8Array,
    contentType: string,
  ): Promise<void> {
    const key = this.keys.sealing(tenant);
    if (!key) return await this.inner.put(tenant, conversationId, name, bytes, contentType);
    const sealed = await seal(bytes, key, placeOf(tenant, conversationId, name));
    await this.inner.put(tenant, conversationId, name + SUFFIX, sealed, 'application/octet-stream');
  }

  override async list(tenant: string, conversationId: string): Promise<ArchivedAudio[]> {
    const found = new Map<string, ArchivedAudio>();
    // Of two with the same name the encrypted one counts, as it does when it is read.
    for (const audio of await this.inner.list(tenant, conversationId)) {
      const shown = shownAs(audio);
      if (shown !== audio || !found.has(shown.name)) found.set(shown.name, shown);
    }
    return [...found.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** Rejects with `key_missing` if it was encrypted with a key that is not there. */
  override async get(tenant: string, conversationId: string, name: string): Promise<ArchivedContent | undefined> {
    // What there is of it, as it most likely is.
    const likely = this.keys.sealing(tenant) ? [name + SUFFIX, name] : [name, name + SUFFIX];
    for (const as of likely) {
      const found = await this.inner.get(tenant, conversationId, as);
      if (found) return as === name ? found : await this.opened(tenant, conversationId, name, found);
    }
    return undefined;
  }

  override async remove(tenant: string, conversationId: string, name: string): Promise<void> {
    for (const as of [name, name + SUFFIX]) await this.inner.remove(tenant, conversationId, as);
  }

  override removeAll(tenant: string, conversationId: string): Promise<number> {
    return this.inner.removeAll(tenant, conversationId);
  }

  override everywhere(): AsyncIterable<ArchivedPlace> {
    return this.inner.everywhere();
  }

  override close(): Promise<void> {
    return this.inner.close();
  }

  private async opened(
    tenant: string,
    conversationId: string,
    name: string,
    { stream, bytes }: ArchivedContent,
  ): Promise<ArchivedContent> {
    const place = placeOf(tenant, conversationId, name);
    const content = unseal(stream as AsyncIterable<Uint8Array>, (id) => this.keyOf(tenant, id), place);
    try {
      // What is wrong with it shows before anything of it is given out.
      const first = await content.next();
      const whole = Readable.from(withFirst(first, content), { objectMode: false });
      whole.once('close', () => stream.destroy());
      const contentType = TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
      return { stream: whole, bytes: unsealedLength(bytes), contentType };
    } catch (error) {
      stream.destroy();
      throw error;
    }
  }

  private keyOf(tenant: string, id: string): ArchiveKey {
    const key = this.keys.opening(tenant, id);
    if (key) return key;
    throw new ParleyError(
      'key_missing',
      `It was encrypted with the key "${id}", which ARCHIVE_KEYS_FILE does not have`,
    );
  }
}

function shownAs(audio: ArchivedAudio): ArchivedAudio {
  if (!audio.name.endsWith(SUFFIX)) return audio;
  return { ...audio, name: audio.name.slice(0, -SUFFIX.length), bytes: unsealedLength(audio.bytes) };
}

function placeOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

async function* withFirst(first: IteratorResult<Buffer>, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  if (!first.done) yield first.value;
  yield* rest;
}
