import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** One that is there and cannot be read. The message says why, without a path. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile';

  /** @param relative to the folder of agents */
  constructor(
    readonly relative: string,
    cause: unknown,
  ) {
    super(`cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`, { cause });
  }
}

/** What lies in the folder of agents, and a fingerprint of all that was read of it. Paths are relative to the folder. */
export class AgentFiles {
  private readonly read = createHash('sha256');

  constructor(readonly root: string) {}

  get isThere(): boolean {
    return statSync(this.root, { throwIfNoEntry: false })?.isDirectory() ?? false;
  }

  /** The same for the same files, whichever replica reads them; 12 digits. */
  get version(): string {
    return this.read.copy().digest('hex').slice(0, 12);
  }

  has(relative: string): boolean {
    return existsSync(path.join(this.root, relative));
  }

  /** Also of a link to one; undefined for a link that leads nowhere. */
  isFolder(relative: string): boolean | undefined {
    return statSync(path.join(this.root, relative), { throwIfNoEntry: false })?.isDirectory();
  }

  /**
   * In order of their names. What begins with a dot is no content: of an editor, or of the kubelet, which mounts folders as
   * links into `..data`. Throws UnreadableFile.
   */
  namesIn(relative: string): string[] {
    const names = this.reading(relative, (file) => readdirSync(file));
    return names.filter((name) => !name.startsWith('.')).sort();
  }

  /** Undefined if it is not there. Throws UnreadableFile. */
  text(relative: string): string | undefined {
    if (!this.has(relative)) return undefined;
    const text = this.reading(relative, (file) => readFileSync(file, 'utf8'));
    this.read.update(`${relative}\0${Buffer.byteLength(text)}\0${text}`);
    return text;
  }

  private reading<T>(relative: string, read: (file: string) => T): T {
    try {
      return read(path.join(this.root, relative));
    } catch (error) {
      throw new UnreadableFile(relative, error);
    }
  }
}
