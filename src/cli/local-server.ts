import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { packageRoot } from '../config/package-root.js';
import { ParleyError } from '../kernel/errors.js';

const START_LIMIT_MS = 60_000;
const MAX_LINES = 2000;

/** A Parley server of our own: a child process on a free port, with the embedded defaults. */
export class LocalServer {
  private constructor(
    private readonly process: ChildProcess,
    /** `http://localhost:port` */
    readonly url: string,
    /** From the start of the process until `/health` answered, and until `/ready` did. */
    readonly startUp: { readonly healthMs: number; readonly readyMs: number },
    /** The last lines it has written; grows while it runs. */
    readonly output: readonly string[],
  ) {}

  /** Resolves when the server is ready for calls; rejects with its own words when it does not start. */
  static async start(env: NodeJS.ProcessEnv = {}): Promise<LocalServer> {
    const startedAt = performance.now();
    const child = spawn(process.execPath, ['--enable-source-maps', '--import', './dist/telemetry.js', 'dist/main.js'], {
      cwd: packageRoot,
      env: {
        ...process.env,
        PORT: '0',
        HOST: '127.0.0.1',
        LOG_FORMAT: 'json',
        NODE_ENV: 'development',
        CONVERSATION_STORE: 'none',
        METRICS_PORT: '0',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    try {
      const output: string[] = [];
      const url = await listeningUrl(child, output);
      await answers(`${url}/api/v1/health`);
      const healthMs = performance.now() - startedAt;
      await answers(`${url}/api/v1/ready`);
      return new LocalServer(child, url, { healthMs, readyMs: performance.now() - startedAt }, output);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  get pid(): number {
    return this.process.pid!;
  }

  /** Sends `signal` and resolves with the exit code. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.process.exitCode !== null || this.process.signalCode !== null)
      return Promise.resolve(this.process.exitCode);
    return new Promise((resolve) => {
      this.process.once('exit', (code) => resolve(code));
      this.process.kill(signal);
    });
  }
}

function listeningUrl(child: ChildProcess, said: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void =>
      reject(new ParleyError('internal', `The server ${why}:\n${said.slice(-20).join('\n')}`));
    const timer = setTimeout(() => fail(`did not listen within ${START_LIMIT_MS} ms`), START_LIMIT_MS);
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(`ended with exit code ${code}`);
    });
    child.stderr!.on('data', (chunk: Buffer) => said.push(chunk.toString()));
    createInterface({ input: child.stdout! }).on('line', (line) => {
      said.push(line);
      if (said.length > MAX_LINES) said.shift();
      const url = /Listening on (http:\/\/[^"\s]+)/.exec(line)?.[1];
      if (!url) return;
      clearTimeout(timer);
      resolve(url);
    });
  });
}

async function answers(url: string): Promise<void> {
  const giveUpAt = performance.now() + START_LIMIT_MS;
  for (;;) {
    const response = await fetch(url);
    if (response.ok) return;
    if (performance.now() > giveUpAt) throw new ParleyError('timeout', `${url} still answers ${response.status}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
