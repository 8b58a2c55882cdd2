import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

interface Rule {
  readonly text: string;
  readonly isException: boolean;
  readonly matches: RegExp;
}

/** What `docker build` may see of a folder, by its .dockerignore: the last rule that matches a path or a folder above it counts. */
export class DockerContext {
  private readonly rules: readonly Rule[];

  constructor(
    readonly root: string,
    ignore = readFileSync(path.join(root, '.dockerignore'), 'utf8'),
  ) {
    this.rules = ignore
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const isException = line.startsWith('!');
        const text = line.slice(isException ? 1 : 0).replaceAll(/^\/|\/$/g, '');
        return { text, isException, matches: new RegExp(`^${patternOf(text)}$`) };
      });
  }

  /** @param file relative to the root, with slashes */
  has(file: string): boolean {
    const parts = file.split('/');
    const paths = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    const last = this.rules.findLast(({ matches }) => paths.some((each) => matches.test(each)));
    return last === undefined || last.isException;
  }

  /** All files, relative to the root, sorted. */
  files(folder = ''): string[] {
    return readdirSync(path.join(this.root, folder), { withFileTypes: true })
      .flatMap((entry) => {
        const relative = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (!entry.isDirectory()) return this.has(relative) ? [relative] : [];
        return this.mayHold(relative) ? this.files(relative) : [];
      })
      .sort();
  }

  private mayHold(folder: string): boolean {
    return this.has(folder) || this.rules.some(({ isException, text }) => isException && text.startsWith(`${folder}/`));
  }
}

function patternOf(glob: string): string {
  return glob
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((part) => wildcards[part] ?? part.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`))
    .join('');
}

const wildcards: Record<string, string> = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' };
