import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DockerContext } from './docker-context.js';
import { environmentOf, readDockerfile, type Stage } from './dockerfile.js';

/** Who the image runs as. */
const USER = 1000;

/**
 * The image without Docker: the Dockerfile's own COPY and RUN, done in a folder of this machine. What its last stage does
 * with the base image itself (tini, removing npm) is left out.
 */
export class NativeImage {
  private constructor(
    private readonly root: string,
    readonly stage: Stage,
    /** What RUN has said, one text each. */
    readonly said: readonly string[],
  ) {}

  static async build(): Promise<NativeImage> {
    const root = mkdtempSync(path.join(tmpdir(), 'parley-image-'));
    // Whoever runs in it is not who made it.
    chmodSync(root, 0o755);
    try {
      const context = new DockerContext(process.cwd());
      const seen = path.join(root, 'context');
      for (const file of context.files()) copyInto(path.join(context.root, file), path.join(seen, file));
      mkdirSync(path.join(root, 'bin'));
      cpSync(process.execPath, path.join(root, 'bin', 'node'));
      const stages = readDockerfile();
      const said: string[] = [];
      for (const [index, stage] of stages.entries())
        await buildStage(stage, { root, seen, isLast: index === stages.length - 1, said });
      const image = new NativeImage(root, stages.at(-1)!, said);
      rmSync(path.join(root, 'build'), { recursive: true });
      for (const folder of ['data', 'tmp']) {
        mkdirSync(path.join(root, folder));
        chmodSync(path.join(root, folder), 0o777);
      }
      return image;
    } catch (error) {
      rmSync(root, { recursive: true, force: true });
      throw error;
    }
  }

  /** `/app` of the image. */
  get app(): string {
    return path.join(this.root, 'last', 'app');
  }

  get megabytes(): number {
    const [kilobytes] = execFileSync('/usr/bin/du', ['-sk', this.app], { encoding: 'utf8' }).split('\t');
    return Math.round(Number(kilobytes) / 1024);
  }

  has(file: string): boolean {
    return existsSync(path.join(this.app, file));
  }

  /**
   * Starts words of the Dockerfile as its user, on a tree in which nothing can be written: as root by a bind mount that
   * is read-only (or, where mounting is not allowed, by rights alone) and with another user; else by rights.
   */
  run(words: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const [command, ...args] = this.confined([path.join(this.root, 'bin', 'node'), ...words.slice(1)]);
    return spawn(command!, args, {
      cwd: this.app,
      env: {
        ...environmentOf(this.stage),
        PATH: `${path.join(this.root, 'bin')}:/usr/bin:/bin`,
        HOME: '/nonexistent',
        DATA_DIR: path.join(this.root, 'data'),
        TMPDIR: path.join(this.root, 'tmp'),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** What keeps the process from writing. */
  get confinement(): string {
    if (process.getuid!() !== 0) return 'rights of the files';
    return canMount() ? `a read-only bind mount, as user ${USER}` : `rights of the files, as user ${USER}`;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  private confined(words: readonly string[]): string[] {
    if (process.getuid!() !== 0) {
      execFileSync('chmod', ['-R', 'a-w', this.app]);
      return [...words];
    }
    const unprivileged = [
      '/usr/bin/setpriv',
      `--reuid=${USER}`,
      `--regid=${USER}`,
      '--clear-groups',
      '--no-new-privs',
      '--inh-caps=-all',
      '--bounding-set=-all',
      '--',
      ...words,
    ];
    if (!canMount()) return unprivileged;
    const script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && cd "$0" && exec "$@"';
    return ['/usr/bin/unshare', '--mount', '--', '/bin/sh', '-c', script, this.app, ...unprivileged];
  }
}

let mayMount: boolean | undefined;
function canMount(): boolean {
  try {
    execFileSync('/usr/bin/unshare', ['--mount', '--', 'mount', '--bind', '/tmp', '/tmp'], { stdio: 'ignore' });
    return (mayMount ??= true);
  } catch {
    return (mayMount ??= false);
  }
}

interface Building {
  readonly root: string;
  readonly seen: string;
  readonly isLast: boolean;
  readonly said: string[];
}

async function buildStage(stage: Stage, { root, seen, isLast, said }: Building): Promise<void> {
  const inStage = (name: string, at: string): string => path.join(root, name, at);
  const own = isLast ? 'last' : stage.name!;
  let workdir = '/';
  for (const { keyword, text, flags } of stage.instructions) {
    const to = (at: string): string => inStage(own, path.resolve(workdir, at));
    if (keyword === 'WORKDIR') {
      workdir = text;
      mkdirSync(to('.'), { recursive: true });
    } else if (keyword === 'COPY') {
      const words = text.split(/\s+/);
      const target = words.pop()!;
      for (const source of words)
        copyInto(flags['from'] ? inStage(flags['from'], source) : path.join(seen, source), to(target), target);
    } else if (keyword === 'RUN' && !isLast) {
      said.push(await shell(text, to('.'), root));
    }
  }
}

/** As COPY: a file into a folder or to a name, a folder's contents into a folder. */
function copyInto(source: string, target: string, written = ''): void {
  const intoFolder = written.endsWith('/') && statSync(source).isFile();
  const at = intoFolder ? path.join(target, path.basename(source)) : target;
  mkdirSync(path.dirname(at), { recursive: true });
  cpSync(source, at, { recursive: true, verbatimSymlinks: true });
}

const passedOn = new Set(['cache', 'cafile', 'registry', 'userconfig'].map((name) => `npm_config_${name}`));

async function shell(command: string, cwd: string, root: string): Promise<string> {
  // npm of this machine under the Node of the image. How to reach a registry from here is for it; what npm and jest have
  // told this process is not: above all which folder npm is to work in.
  const folders = process.env['PATH']!.split(path.delimiter).filter((folder) => !folder.includes('node_modules'));
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|NODE_ENV|NODE_OPTIONS|JEST_|INIT_CWD|DATA_DIR)/.test(name) || passedOn.has(name),
  );
  const env = { ...Object.fromEntries(inherited), PATH: [path.join(root, 'bin'), ...folders].join(path.delimiter) };
  const child = spawn('/bin/sh', ['-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(child, 'close')) as [number];
  const said = Buffer.concat(chunks).toString();
  if (code !== 0) throw new Error(`RUN ${command} ended with ${code}:\n${said.slice(-2000)}`);
  return said;
}
