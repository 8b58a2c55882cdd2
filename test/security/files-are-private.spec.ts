import { expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LocalServer } from '../../src/cli/local-server.js';
import { TestCaller, type TestServer, withoutSpeech } from '../support/test-server.js';

it('a server writes nothing that other users of its machine can read', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'parley-private-'));
  const DATA_DIR = path.join(folder, 'data');
  const server = await LocalServer.start({ ...withoutSpeech, DATA_DIR, CONVERSATION_STORE: 'sqlite' });
  try {
    const caller = await TestCaller.dial(server as unknown as TestServer);
    await caller.ask('my card was stolen');
    await caller.hangUp();
  } finally {
    await server.stop();
  }
  const written = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  expect(written).toEqual(expect.arrayContaining(['data', expect.stringContaining('.sqlite')]));
  const open = written.filter((name) => (statSync(path.join(folder, name)).mode & 0o077) !== 0);
  expect(open).toEqual([]);
});
