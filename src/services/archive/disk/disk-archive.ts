import { createReadStream } from 'node:fs';
import { access, constants, mkdir, open, opendir, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../../kernel/clock.js';
import {
  type ArchivedAudio,
  type ArchivedContent,
  type ArchivedPlace,
  AudioArchive,
  archiveFailed,
  idOfPart,
  pathPart,
} from '../audio-archive.js';
import { dataDirectoryError, makeFolder } from '../../data-directory.js';

/** No tenant has such a name: a part of a path never begins with a dot. */
const UNFINISHED = '.unfinished';
/** What is so old was left by a process that ended while it wrote. */
const ABANDONED_MS = 3_600_000;
const MAX_MOVES = 5;
const TYPES: Readonly<Record<string, string>> = { '.wav': 'audio/wav' };

/** Audio in files, `<directory>/<tenant>/<conversation>/<name>`. */
export class DiskArchive extends AudioArchive {
  readonly name = 'disk';
  private written = 0;

  constructor(
    private readonly directory: string,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async start(): Promise<void> {
    try {
      await this.makeReady();
      await this.sweep();
    } catch (error) {
      throw await dataDirectoryError(this.directory, error, { use: 'recordings', without: 'CALL_RECORDING=off' });
    }
  }

  override async check(): Promise<Record<string, unknown>> {
    await this.onDisk(() => access(this.directory, constants.W_OK));
    return { driver: this.name };
  }

  override async put(tenant: string, conversationId: string, name: string, bytes: Uint8Array): Promise<void> {
    const folder = this.folderOf(tenant, conversationId);
    const file = path.join(folder, pathPart(name));
    const unfinished = path.join(this.directory, UNFINISHED, `${process.pid}-${++this.written}`);
    await this.onDisk(async () => {
      try {
        await mkdir(path.dirname(unfinished), { recursive: true });
        await writeFile(unfinished, bytes, { mode: 0o600, flush: true });
        await moveInto(folder, unfinished, file);
      } catch (error) {
        await rm(unfinished, { force: true });
        throw error;
      }
    });
  }

  override async list(tenant: string, conversationId: string): Promise<ArchivedAudio[]> {
    const folder = this.folderOf(tenant, conversationId);
    const parts = await this.onDisk(() => readdir(folder), []);
    const found = await Promise.all(
      parts.map(async (part) => {
        const name = idOfPart(part);
        const info = await this.onDisk(() => stat(path.join(folder, part)), undefined);
        if (name === undefined || !info?.isFile()) return [];
        return [{ name, bytes: info.size, writtenAt: info.mtime.toISOString() }];
      }),
    );
    return found.flat().toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  override async get(tenant: string, conversationId: string, name: string): Promise<ArchivedContent | undefined> {
    const file = path.join(this.folderOf(tenant, conversationId), pathPart(name));
    const handle = await this.onDisk(() => open(file), undefined);
    if (!handle) return undefined;
    const { size } = await handle.stat();
    const contentType = TYPES[path.extname(name)] ?? 'application/octet-stream';
    return { stream: createReadStream(file, { fd: handle }), bytes: size, contentType };
  }

  override async removeAll(tenant: string, conversationId: string): Promise<number> {
    const { length } = await this.list(tenant, conversationId);
    await this.onDisk(() => rm(this.folderOf(tenant, conversationId), { recursive: true, force: true }));
    return length;
  }

  override async *everywhere(): AsyncGenerator<ArchivedPlace> {
    for await (const tenant of this.idsIn(this.directory))
      for await (const conversationId of this.idsIn(path.join(this.directory, pathPart(tenant)))) {
        const folder = this.folderOf(tenant, conversationId);
        const names = await this.onDisk<string[], string[]>(() => readdir(folder), []);
        const [first] = names.sort((one, other) => (one < other ? -1 : 1));
        const info = first && (await this.onDisk(() => stat(path.join(folder, first)), undefined));
        if (info) yield { tenant, conversationId, writtenAt: info.mtime.toISOString() };
      }
  }

  override async remove(tenant: string, conversationId: string, name: string): Promise<void> {
    const folder = this.folderOf(tenant, conversationId);
    await this.onDisk(() => rm(path.join(folder, pathPart(name)), { force: true }));
    // Unless there is more in it.
    await rmdir(folder).catch(() => undefined);
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }

  private folderOf(tenant: string, conversationId: string): string {
    return path.join(this.directory, pathPart(tenant), pathPart(conversationId));
  }

  private async *idsIn(directory: string): AsyncGenerator<string> {
    const folder = await this.onDisk(() => opendir(directory), undefined);
    if (!folder) return;
    // It closes itself at its end, and if nobody wants the rest.
    for await (const { name } of folder) {
      const id = idOfPart(name);
      if (id !== undefined) yield id;
    }
  }

  private async makeReady(): Promise<void> {
    await makeFolder(path.join(this.directory, UNFINISHED));
    await access(this.directory, constants.W_OK);
  }

  private async sweep(): Promise<void> {
    const folder = path.join(this.directory, UNFINISHED);
    for (const name of await readdir(folder)) {
      const info = await stat(path.join(folder, name)).catch(() => undefined);
      if (info && this.clock.wallTime() - info.mtimeMs > ABANDONED_MS)
        await rm(path.join(folder, name), { force: true });
    }
  }

  private async onDisk<T>(work: () => Promise<T>): Promise<T>;
  /** @param absent the result where there is no such file. */
  private async onDisk<T, A>(work: () => Promise<T>, absent: A): Promise<T | A>;
  private async onDisk<T, A>(work: () => Promise<T>, ...absent: [] | [A]): Promise<T | A> {
    try {
      return await work();
    } catch (error) {
      const code = codeOf(error);
      if ((code === 'ENOENT' || code === 'ENOTDIR') && absent.length > 0) return absent[0]!;
      // Its messages have paths, with ids in them.
      throw archiveFailed(code, true, error);
    }
  }
}

/** Somebody may remove the folder, because it is empty, before the file is in it. */
async function moveInto(folder: string, unfinished: string, file: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await mkdir(folder, { recursive: true });
    try {
      return await rename(unfinished, file);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || attempt === MAX_MOVES) throw error;
    }
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'it failed';
}
