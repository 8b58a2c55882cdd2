import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, readdir, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../kernel/clock.js';
import { makeFolder } from '../../services/data-directory.js';
import { type AuditEntry, BEGINNING, chainedLine, lastHashIn } from './audit-chain.js';

const SUFFIX = '.jsonl';

/** Files of a folder that are audit logs, in the order in which they were begun; none where there is no folder. */
export async function auditFilesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => name.endsWith(SUFFIX)).toSorted();
}

/**
 * One process's part of the audit log: a file of its own, which is begun with the first entry and only ever added to. It
 * goes on where the newest file before it has ended.
 */
export class AuditFile {
  private file: FileHandle | undefined;
  private prev = BEGINNING;
  private written = 0;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly folder: string,
    private readonly clock: Clock,
  ) {}

  /** Resolves when it is on the disk; in the order of the calls. Rejects with the error of the file system. */
  append(entry: AuditEntry): Promise<void> {
    const at = new Date(this.clock.wallTime()).toISOString();
    const written = this.writing.then(() => this.write(entry, at));
    this.writing = written.catch(() => undefined);
    return written;
  }

  async close(): Promise<void> {
    await this.writing;
    await this.file?.close();
    this.file = undefined;
  }

  private async write(entry: AuditEntry, at: string): Promise<void> {
    this.file ??= await this.begin(at);
    const { text, hash } = chainedLine(entry, this.written + 1, at, this.prev);
    await this.file.appendFile(text);
    await this.file.datasync();
    this.written++;
    this.prev = hash;
  }

  private async begin(at: string): Promise<FileHandle> {
    await makeFolder(path.dirname(this.folder));
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    for (const name of (await auditFilesIn(this.folder)).toReversed()) {
      const last = lastHashIn(await readFile(path.join(this.folder, name), 'utf8'));
      if (last === undefined) continue;
      this.prev = last;
      break;
    }
    // By chance: in containers with one volume every process has the same id, and may begin at the same moment.
    const name = `${at.replaceAll(/[:.]/g, '-')}-${randomBytes(4).toString('hex')}${SUFFIX}`;
    return await open(path.join(this.folder, name), 'ax', 0o600);
  }
}
