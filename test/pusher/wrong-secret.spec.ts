import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WebSocket } from 'ws';
import { recordLog, until } from '../support/replicas.js';
import { TestServer, withoutSpeech } from '../support/test-server.js';

const folder = mkdtempSync(path.join(tmpdir(), 'parley-wrong-secret-'));
const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0).toReversed()) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Readiness {
  readonly checks: readonly { readonly component: string; readonly status: string; readonly error?: string }[];
}

describe('a pusher that does not know our secret', () => {
  it('is told of in the log and in readiness', async () => {
    const pusher = await TestServer.start({ PARLEY_ROLE: 'pusher', PUSHER_SECRET: 'one-secret-of-many' });
    servers.push(pusher);
    const voice = await TestServer.start({
      ...withoutSpeech,
      PARLEY_ROLE: 'voice',
      PUSHER_URL: pusher.url.replace('http', 'ws'),
      PUSHER_SECRET: 'another-secret-of-many',
      CONVERSATION_STORE: 'sqlite',
      DATA_DIR: folder,
    });
    servers.push(voice);
    const lines = recordLog();
    const socket = new WebSocket(`${voice.url.replace('http', 'ws')}/api/v1/listen/ws`);
    await until('readiness says so', async () => {
      const { checks } = (await voice.get('/api/v1/readiness')).body as unknown as Readiness;
      const check = checks.find(({ component }) => component === 'pusher');
      return check?.status === 'down' && check.error === 'it refuses our PUSHER_SECRET';
    });
    socket.close(1000);
    expect(lines.filter((line) => line.includes('refuses our PUSHER_SECRET'))).toHaveLength(1);
    expect(lines.join()).not.toMatch(/secret-of-many/);
  });
});
