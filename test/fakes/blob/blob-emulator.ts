import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { FaultyDoor } from '../faulty-door.js';

const program = fileURLToPath(new URL('../../emulators/node_modules/azurite/dist/src/blob/main.js', import.meta.url));

/** The account that every Azurite has, with the key that its documentation prints. */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** Blob storage as Azurite speaks it. It checks the signature of each request. */
export class BlobEmulator extends FaultyDoor<'garbage' | 403 | 503> {
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
    return await new BlobEmulator(child, port).open();
  }

  /** For the server under test. */
  get settings(): NodeJS.ProcessEnv {
    return { AUDIO_ARCHIVE: 'blob', AZURE_STORAGE_CONNECTION_STRING: this.connectionString() };
  }

  /** With another key than its own, if one is given. */
  connectionString(key = KEY): string {
    return `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${key};BlobEndpoint=${this.url}/${ACCOUNT};`;
  }

  protected override answer(fault: 'garbage' | 403 | 503, response: ServerResponse): void {
    response.setHeader('content-type', 'application/xml');
    if (fault === 'garbage') response.end('<?xml');
    else
      response
        .writeHead(fault, { 'x-ms-error-code': 'ServerBusy' })
        .end('<?xml version="1.0"?><Error><Code>ServerBusy</Code><Message>Later</Message></Error>');
  }
}
