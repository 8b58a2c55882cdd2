import { spawn, type ChildProcess } from 'node:child_process';

/** Every process this bench has started and that has not ended yet: none of them may outlive it. */
const running = new Set<ChildProcess>();

export interface ChildOptions {
  /** All it gets, beside what a process needs to find programs and its home. */
  readonly env: Record<string, string>;
  readonly cwd: string;
}

const KEPT_LINES = 40;
/** Nothing else of the shell's: NODE_OPTIONS or a setting of the product would be measured with it. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG'];

/** A child with an IPC channel, whose last words are kept for the case that it fails. */
export class Child {
  readonly process: ChildProcess;
  /** Exit code or signal, once it has ended. */
  readonly ended: Promise<string>;
  private readonly lines: string[] = [];

  constructor(command: readonly string[], { env, cwd }: ChildOptions) {
    const [file, ...args] = command;
    this.process = spawn(file!, args, {
      cwd,
      env: { ...inherited(), ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
    });
    running.add(this.process);
    this.ended = new Promise((resolve) => {
      this.process.on('error', (error) => {
        running.delete(this.process);
        resolve(error.message);
      });
      this.process.on('exit', (code, signal) => {
        running.delete(this.process);
        resolve(signal ?? String(code));
      });
    });
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => this.keep(text));
  }

  /** The last lines it wrote, to either stream. */
  get lastWords(): string {
    return this.lines.join('\n');
  }

  /** Asks it to stop, and makes it stop after `limitMs`. */
  async stop(limitMs: number): Promise<void> {
    if (!running.has(this.process)) return;
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), limitMs);
    await this.ended;
    clearTimeout(timer);
  }

  private keep(text: string): void {
    this.lines.push(...text.split('\n').filter((line) => line.trim() !== ''));
    this.lines.splice(0, this.lines.length - KEPT_LINES);
  }
}

function inherited(): Record<string, string> {
  return Object.fromEntries(
    INHERITED.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** For the last moment: everything still running is killed, at once. */
export function killAllChildren(): void {
  for (const child of running) child.kill('SIGKILL');
}
