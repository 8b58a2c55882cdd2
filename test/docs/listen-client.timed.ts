import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { TestServer } from '../support/test-server.js';

const program = fileURLToPath(new URL('./listen-client.mjs', import.meta.url));
const recording = (name: string): string => fileURLToPath(new URL(`../fixtures/callers/${name}.wav`, import.meta.url));

describe('the client in docs/listen.md', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ CONVERSATION_STORE: 'sqlite' });
  });
  afterAll(() => server.stop());

  it('is the file that is tested here', () => {
    const document = readFileSync('docs/listen.md', 'utf8');
    const block = /```js\n([\s\S]*?)```/.exec(document.split('## A working client')[1] ?? '')?.[1];
    expect(block).toBe(readFileSync(program, 'utf8'));
  });

  it('has both sides of a call written down', async () => {
    const address = `${server.url.replace(/^http/, 'ws')}/api/v1/listen/ws`;
    const files = [recording('noel-01-balance'), recording('alan-06-stolen')];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, address, ...files]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^conversation in_progress$/m);
    expect(stdout).toMatch(/^0\.\d s we: what is my balance$/m);
    expect(stdout).toMatch(/^3\.\d s they: my card was stolen$/m);
    expect(stdout).toMatch(/\nclosed 1000\n$/);
  });
});
