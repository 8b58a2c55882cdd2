import { type IncomingMessage, type Server, type ServerResponse, createServer, request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fork, type ChildProcess } from 'node:child_process';

const program = fileURLToPath(new URL('./cosmos-process.mjs', import.meta.url));
const emulator = fileURLToPath(new URL('../../emulators/node_modules/@vercel/cosmosdb-server', import.meta.url));

/**
 * Cosmos DB as `@vercel/cosmosdb-server` speaks it, in a process of its own, behind a door that can be slow, shut, busy or
 * talk nonsense.
 */
export class CosmosEmulator {
  /** What the door does with the next requests. */
  fault: 'none' | 'hangs' | 'garbage' | 'cut' | 'throttles' | 503 = 'none';
  /** How many requests it lets the fault happen to; then it works. */
  times = Infinity;
  requests = 0;
  private readonly door: Server;

  private constructor(
    private readonly child: ChildProcess,
    private readonly port: number,
  ) {
    this.door = createServer((request, response) => this.pass(request, response));
  }

  static async start(): Promise<CosmosEmulator> {
    if (!existsSync(emulator)) throw new Error('test/emulators is not installed: `npm test` installs it');
    const child = fork(program, { stdio: 'ignore' });
    const port = await new Promise<number>((resolve, reject) => {
      child.once('message', (message) => resolve(message as number));
      child.once('exit', (code) => reject(new Error(`The Cosmos emulator ended with ${code}`)));
    });
    const started = new CosmosEmulator(child, port);
    await new Promise<void>((resolve) => started.door.listen(0, '127.0.0.1', resolve));
    return started;
  }

  /** For the server under test. */
  get settings(): NodeJS.ProcessEnv {
    return {
      CONVERSATION_STORE: 'cosmos',
      COSMOS_ENDPOINT: `http://127.0.0.1:${(this.door.address() as AddressInfo).port}`,
      COSMOS_KEY: Buffer.from('a-key-of-the-tests').toString('base64'),
      COSMOS_ENDPOINT_DISCOVERY: 'off',
    };
  }

  async stop(): Promise<void> {
    this.door.closeAllConnections();
    await new Promise((resolve) => this.door.close(resolve));
    this.child.kill();
  }

  private pass(request: IncomingMessage, response: ServerResponse): void {
    this.requests++;
    const fault = this.times-- > 0 ? this.fault : 'none';
    switch (fault) {
      case 'hangs':
        return;
      case 'cut':
        return void request.socket.destroy();
      case 'garbage':
        return void response.setHeader('content-type', 'application/json').end('{"id":');
      case 'throttles':
        return void response
          .writeHead(429, { 'x-ms-retry-after-ms': '5', 'content-type': 'application/json' })
          .end('{"code":"429","message":"slower"}');
      case 503:
        return void response.writeHead(503, { 'content-type': 'application/json' }).end('{"code":"503"}');
      case 'none': {
        const { method, url, headers } = request;
        const onward = ask({ port: this.port, method, path: url, headers }, (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
        });
        onward.on('error', () => response.destroy());
        request.pipe(onward);
      }
    }
  }
}
