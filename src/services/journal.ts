import { createHash } from 'node:crypto';
import { readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from './data-directory.js';

const SUFFIX = '.json';

/**
 * What could not be brought to its place yet, one file each: it survives the process. A key has one entry, the newest.
 * Every method rejects with the error of the file system.
 */
export class Journal {
  private written = 0;

  constructor(private readonly directory: string) {}

  /** Where the key has its entry. */
  fileOf(key: string): string {
    return path.join(this.directory, createHash('sha256').update(key).digest('hex') + SUFFIX);
  }

  /** Whole, or not at all. */
  async write(key: string, text: string): Promise<void> {
    await makeFolder(this.directory);
    const file = this.fileOf(key);
    const unfinished = `${file}.${process.pid}-${++this.written}`;
    await writeFile(unfinished, JSON.stringify({ key, text }), { mode: 0o600, flush: true });
    await rename(unfinished, file);
  }

  async remove(key: string): Promise<void> {
    await rm(this.fileOf(key), { force: true });
  }

  /** What it has of the key; undefined if nothing, or nothing that can be read. */
  async read(key: string): Promise<string | undefined> {
    return (await entryIn(this.fileOf(key)))?.text;
  }

  /** Of all entries; files that are none are left alone. */
  async keys(): Promise<string[]> {
    const names = await readdir(this.directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const files = names.filter((name) => name.endsWith(SUFFIX)).map((name) => path.join(this.directory, name));
    const entries = await Promise.all(files.map(entryIn));
    return entries.flatMap((entry) => (entry ? [entry.key] : []));
  }
}

async function entryIn(file: string): Promise<{ key: string; text: string } | undefined> {
  try {
    const { key, text } = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    return typeof key === 'string' && typeof text === 'string' ? { key, text } : undefined;
  } catch {
    return undefined;
  }
}
