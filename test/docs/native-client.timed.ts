import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { TestServer } from '../support/test-server.js';

const program = fileURLToPath(new URL('./native-client.mjs', import.meta.url));

describe('the client in docs/protocol.md', () => {
  let server: TestServer;
  const directory = mkdtempSync(path.join(tmpdir(), 'parley-client-'));
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(async () => {
    await server.stop();
    rmSync(directory, { recursive: true });
  });

  it('is the file that is tested here', () => {
    const document = readFileSync('docs/protocol.md', 'utf8');
    const block = /```js\n([\s\S]*?)```/.exec(document.split('## A working client')[1] ?? '')?.[1];
    expect(block).toBe(readFileSync(program, 'utf8'));
  });

  it('fails when it is not let in', async () => {
    const address = `${server.url.replace(/^http/, 'ws')}/nowhere`;
    await expect(promisify(execFile)(process.execPath, [program, address], { cwd: directory })).rejects.toMatchObject({
      code: 1,
      stderr: 'The server did not let us in, or went away.\n',
    });
  });

  it('holds a conversation', async () => {
    const address = `${server.url.replace(/^http/, 'ws')}/api/v1/voice/ws`;
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, address, 'what is my balance'], {
      cwd: directory,
    });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^call [\w-]{36} with concierge$/m);
    expect(stdout).toMatch(/^agent: .*last four digits of your card/m);
    expect(stdout).toMatch(/^ended: completed, 1 turns\nclosed 1000/m);
    expect(statSync(path.join(directory, 'heard.raw')).size).toBeGreaterThan(100_000);
  });
});
