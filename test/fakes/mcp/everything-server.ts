import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(
  new URL('../../emulators/node_modules/@modelcontextprotocol/server-everything/dist/index.js', import.meta.url),
);

/** The file of a server that is started for it. */
export const everythingOverStdio = { command: process.execPath, args: [program, 'stdio'] };

/** `@modelcontextprotocol/server-everything`, a real server with every kind of tool, over Streamable HTTP. */
export class EverythingServer {
  private constructor(
    readonly port: number,
    private process: ChildProcess | undefined,
  ) {}

  static async start(): Promise<EverythingServer> {
    if (!existsSync(program)) throw new Error('test/emulators is not installed: `npm test` installs it');
    const server = new EverythingServer(await freePort(), undefined);
    await server.restart();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/mcp`;
  }

  async restart(): Promise<void> {
    const child = spawn(process.execPath, [program, 'streamableHttp'], {
      env: { PATH: process.env['PATH'], PORT: String(this.port) },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.process = child;
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (bytes: Buffer) => bytes.includes('listening') && resolve());
      child.once('exit', (code) => reject(new Error(`server-everything ended with ${code}`)));
    });
  }

  /** At once, without a word. */
  async kill(): Promise<void> {
    const child = this.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
