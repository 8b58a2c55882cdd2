import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type IncomingMessage, type Server, type ServerResponse, createServer, request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../emulators/node_modules/azurite/dist/src/blob/main.js', import.meta.url));

/** The account that every Azurite has, with the key that its documentation prints. */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/**
 * Blob storage as Azurite speaks it, in a process of its own, behind a door that can be slow, shut, break off in the
 * middle or talk nonsense. It checks the signature of each request.
 */
export class BlobEmulator {
  /** What the door does with the next requests. */
  fault: 'none' | 'hangs' | 'garbage' | 'cut' | 'half' | 403 | 503 = 'none';
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

  static async start(): Promise<BlobEmulator> {
    if (!existsSync(program)) throw new Error('test/emulators is not installed: `npm test` installs it');
    const options = ['--blobHost', '127.0.0.1', '--blobPort', '0', '--blobKeepAliveTimeout', '60'];
    // The SDK asks for a version of the API that Azurite does not know.
    options.push('--skipApiVersionCheck', '--disableTelemetry', '--inMemoryPersistence');
    const child = spawn(process.execPath, [program, ...options], { stdio: ['ignore', 'pipe', 'ignore'] });
    const port = await new Promise<number>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const listening = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(line);
        if (listening) resolve(Number(listening[1]));
      });
      child.once('exit', (code) => reject(new Error(`Azurite ended with ${code}`)));
    });
    const started = new BlobEmulator(child, port);
    await new Promise<void>((resolve) => started.door.listen(0, '127.0.0.1', resolve));
    return started;
  }

  /** For the server under test. */
  get settings(): NodeJS.ProcessEnv {
    return { AUDIO_ARCHIVE: 'blob', AZURE_STORAGE_CONNECTION_STRING: this.connectionString() };
  }

  /** With another key than its own, if one is given. */
  connectionString(key = KEY): string {
    const endpoint = `http://127.0.0.1:${(this.door.address() as AddressInfo).port}/${ACCOUNT}`;
    return `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${key};BlobEndpoint=${endpoint};`;
  }

  async stop(): Promise<void> {
    this.door.closeAllConnections();
    await new Promise((resolve) => this.door.close(resolve));
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill();
    await ended;
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
        return void response.setHeader('content-type', 'application/xml').end('<?xml');
      case 403:
      case 503:
        return void response
          .writeHead(fault, { 'content-type': 'application/xml', 'x-ms-error-code': 'ServerBusy' })
          .end('<?xml version="1.0"?><Error><Code>ServerBusy</Code><Message>Later</Message></Error>');
      case 'half':
      case 'none':
        this.passOn(request, response, fault === 'half');
    }
  }

  /** @param breaks half of the answer's body comes, then the connection is cut. */
  private passOn(request: IncomingMessage, response: ServerResponse, breaks: boolean): void {
    const { method, url, headers } = request;
    const onward = ask({ port: this.port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      if (breaks)
        answer.once('data', (chunk: Buffer) =>
          response.write(chunk.subarray(0, chunk.length >> 1), () => response.destroy()),
        );
      else answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  }
}
