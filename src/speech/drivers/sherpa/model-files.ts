import { open, readFile, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { FileProblem, readOnnxMetadata, refuseStandIn } from './onnx-file.js';

/** The files of a model, or what is wrong with them. Messages name the files. */
export class ModelFiles {
  readonly problems: string[] = [];

  private constructor(
    readonly folder: string,
    private readonly names: readonly string[],
    private readonly preferInt8: boolean,
  ) {}

  /** @param preferInt8 of `x.onnx` and `x.int8.onnx` the second is taken */
  static async of(folder: string, preferInt8: boolean): Promise<ModelFiles> {
    try {
      const names = await readdir(folder);
      return new ModelFiles(folder, names.toSorted(), preferInt8);
    } catch (error) {
      const files = new ModelFiles(folder, [], preferInt8);
      files.problems.push(`${folder} ${reasonOf(error)}`);
      return files;
    }
  }

  /** The `.onnx` file whose name begins so, if there is one. */
  find(start: string): string | undefined {
    const fitting = this.names.filter((name) => name.startsWith(start) && name.endsWith('.onnx'));
    const chosen = fitting.find((name) => name.includes('int8') === this.preferInt8) ?? fitting[0];
    return chosen && path.join(this.folder, chosen);
  }

  /** The only model of the folder, whatever its name. */
  findAny(): string | undefined {
    return this.find('model') ?? this.find('');
  }

  has(name: string): boolean {
    return this.names.includes(name);
  }

  pathOf(name: string): string {
    return path.join(this.folder, name);
  }

  /** Where there is none, a path of nothing: sherpa-onnx takes that for "not given". */
  optional(name: string): string {
    return this.has(name) ? this.pathOf(name) : '';
  }

  /** Empty when it cannot be read; the problem is noted. */
  async metadata(file: string): Promise<ReadonlyMap<string, string>> {
    return (await this.noting(file, () => readOnnxMetadata(file))) ?? new Map<string, string>();
  }

  async requireTokens(): Promise<void> {
    const file = this.pathOf('tokens.txt');
    await this.noting(file, async () => {
      const lines = (await readText(file)).split('\n').filter((line) => line.trim() !== '');
      // A line of a number only is the blank's.
      const wrong = lines.findIndex((line) => !/^(\S.*|\s*)\s\d+\s*$/.test(line));
      if (wrong >= 0) throw new FileProblem(`has no "token number" in line ${wrong + 1}`);
      if (lines.length < 2) throw new FileProblem('has fewer than two tokens');
    });
  }

  async requireEspeakData(): Promise<void> {
    for (const name of ['phontab', 'phonindex', 'phondata', 'intonations']) {
      const file = path.join(this.folder, 'espeak-ng-data', name);
      await this.noting(file, () => refuseFile(file));
    }
  }

  /** One float32 after the other. */
  async requireVoices(name: string): Promise<void> {
    const file = this.pathOf(name);
    await this.noting(file, async () => {
      await refuseFile(file);
      if ((await stat(file)).size % 4 !== 0) throw new FileProblem('is cut off; fetch it again');
    });
  }

  private async noting<T>(file: string, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      this.problems.push(`${file} ${reasonOf(error)}`);
      return undefined;
    }
  }
}

async function readText(file: string): Promise<string> {
  await refuseFile(file);
  return readFile(file, 'utf8');
}

async function refuseFile(file: string): Promise<void> {
  const handle = await open(file);
  try {
    await refuseStandIn(handle, (await handle.stat()).size);
  } finally {
    await handle.close();
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof FileProblem) return error.message;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'is missing';
  if (code === 'EACCES') return 'cannot be read: permission denied';
  if (code === 'ENOTDIR') return 'is not a folder';
  if (code === 'EISDIR') return 'is a folder, not a file';
  return `cannot be read: ${code ?? String(error)}`;
}
