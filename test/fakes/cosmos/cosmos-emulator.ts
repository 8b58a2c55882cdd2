import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { FaultyDoor } from '../faulty-door.js';

const program = fileURLToPath(new URL('./cosmos-process.mjs', import.meta.url));
const emulator = fileURLToPath(new URL('../../emulators/node_modules/@vercel/cosmosdb-server', import.meta.url));

/** Numbers are the status of its answers. */
type Fault = 'garbage' | 'throttles' | 400 | 401 | 403 | 413 | 503;

/** Cosmos DB as `@vercel/cosmosdb-server` speaks it. */
export class CosmosEmulator extends FaultyDoor<Fault> {
  static async start(): Promise<CosmosEmulator> {
    if (!existsSync(emulator)) throw new Error('test/emulators is not installed: `npm test` installs it');
    const child = fork(program, { stdio: 'ignore' });
    const port = await new Promise<number>((resolve, reject) => {
      child.once('message', (message) => resolve(message as number));
      child.once('exit', (code) => reject(new Error(`The Cosmos emulator ended with ${code}`)));
    });
    return await new CosmosEmulator(child, port).open();
  }

  /** For the server under test. */
  get settings(): NodeJS.ProcessEnv {
    return {
      CONVERSATION_STORE: 'cosmos',
      COSMOS_ENDPOINT: this.url,
      COSMOS_KEY: Buffer.from('a-key-of-the-tests').toString('base64'),
      COSMOS_ENDPOINT_DISCOVERY: 'off',
    };
  }

  protected override answer(fault: Fault, response: ServerResponse): void {
    response.setHeader('content-type', 'application/json');
    switch (fault) {
      case 'garbage':
        return void response.end('{"id":');
      case 'throttles':
        return void response.writeHead(429, { 'x-ms-retry-after-ms': '5' }).end('{"code":"429","message":"slower"}');
      default:
        return void response.writeHead(fault).end(`{"code":"${fault}"}`);
    }
  }
}
