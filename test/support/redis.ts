import { describe } from '@jest/globals';
import { Redis } from 'ioredis';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const executablePath = process.env['REDIS_SERVER_PATH'] ?? '/usr/bin/redis-server';
const START_LIMIT_MS = 10_000;

/** Runs where there is a redis-server. Elsewhere it is skipped, and says so; in CI it must not be missing. */
export function describeWithRedis(name: string, tests: () => void): void {
  if (existsSync(executablePath) || process.env['CI'] === 'true') {
    describe(name, tests);
    return;
  }
  process.stderr.write(`\nSKIPPED: ${name}: no redis-server at ${executablePath}; set REDIS_SERVER_PATH\n\n`);
  describe.skip(name, tests);
}

export interface RedisServerOptions {
  readonly password?: string;
  /** More arguments of redis-server. */
  readonly args?: readonly string[];
}

/** A redis-server of our own on a free port, which forgets everything when it ends. */
export class RedisServer {
  private looker: Redis | undefined;

  private constructor(
    private process: ChildProcess,
    readonly port: number,
    private readonly directory: string,
    private readonly options: RedisServerOptions,
  ) {}

  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const directory = await mkdtemp(path.join(tmpdir(), 'parley-redis-'));
    const port = await freePort();
    return new RedisServer(await launch(port, directory, options), port, directory, options);
  }

  get url(): string {
    return urlOf(this.port, this.options.password);
  }

  /** As `kill -9` does. */
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGKILL');
    await gone;
  }

  /** On the same port, empty. */
  async restart(): Promise<void> {
    await this.kill();
    this.process = await launch(this.port, this.directory, this.options);
  }

  /** It keeps its connections and takes new ones, but answers nothing. */
  freeze(): void {
    this.process.kill('SIGSTOP');
  }

  thaw(): void {
    this.process.kill('SIGCONT');
  }

  /** A client to look into it. */
  look(): Redis {
    if (!this.looker || this.looker.status === 'end') {
      this.looker = new Redis(this.url, { retryStrategy: () => null });
      this.looker.on('error', () => undefined);
    }
    return this.looker;
  }

  async stop(): Promise<void> {
    if (this.looker?.status !== 'end') this.looker?.disconnect();
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }
}

export function urlOf(port: number, password?: string): string {
  return `redis://${password ? `:${password}@` : ''}127.0.0.1:${port}/0`;
}

/** A port on which nobody listens. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function launch(
  port: number,
  directory: string,
  { password, args = [] }: RedisServerOptions,
): Promise<ChildProcess> {
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', '', ...args];
  if (password) settings.push('--requirepass', password);
  const child = spawn(executablePath, settings, { stdio: 'ignore' });
  let ended: Error | undefined;
  child.once('error', (error) => (ended = error));
  child.once('exit', (code) => (ended = new Error(`redis-server ended with ${code}`)));
  const giveUpAt = performance.now() + START_LIMIT_MS;
  while (!(await answers(port))) {
    if (ended) throw ended;
    if (performance.now() > giveUpAt) throw new Error(`redis-server does not answer on port ${port}`);
  }
  return child;
}

/** Whatever it says: without a password it says that one is needed. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => setTimeout(resolve, 10, false));
  });
}
