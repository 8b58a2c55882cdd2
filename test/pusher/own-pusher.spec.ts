import { afterEach, describe, expect, it } from '@jest/globals';
import type { LinkState, ProcessResult } from '../../src/pusher/link/pusher-link.js';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { createApiKey } from '../../src/auth/api-keys.js';
import { PusherLinks } from '../../src/pusher/link/pusher-link.js';
import { WsPusherLinks } from '../../src/pusher/link/ws-pusher-links.js';
import { PusherSessions } from '../../src/pusher/server/pusher-sessions.js';
import { until } from '../support/replicas.js';
import { TestCaller, TestServer, withoutSpeech } from '../support/test-server.js';
import { Happenings } from './happenings.js';

let server: TestServer;
afterEach(() => server.stop());

function open(happenings: Happenings) {
  const states: LinkState[] = [];
  const results: ProcessResult[] = [];
  const link = server.app.get(PusherLinks, { strict: false }).open({
    sessionId: 's1',
    tenant: 'default',
    sampleRate: 16_000,
    channels: 2,
    listener: {
      onResult: (result) => {
        results.push(result);
        happenings.happened();
      },
      onState: (state) => {
        states.push(state);
        happenings.happened();
      },
      onAudioLost: () => undefined,
    },
  });
  return { link, states, results };
}

describe('a process that is its own pusher', () => {
  it('has links to itself, without any setting', async () => {
    server = await TestServer.start(withoutSpeech);
    const happenings = new Happenings();
    const { link, states } = open(happenings);
    await happenings.until(() => states.length > 0);
    expect(states).toEqual(['connected']);
    expect(server.app.get(PusherSessions, { strict: false }).count).toBe(1);
    link.setConversation('c1');
    link.sendAudio(Date.now(), new Int16Array(640));
    await link.close(5000);
    await server.app.get(WsPusherLinks, { strict: false }).idle();
  });

  it('lets nobody else in', async () => {
    server = await TestServer.start(withoutSpeech);
    const path = '/api/v1/pusher/ws?session=s&tenant=default&sample_rate=8000&channels=1';
    for (const authorization of ['', 'Bearer', 'Bearer ', 'Bearer undefined']) {
      const answer = await TestCaller.tryDial(server, '', { authorization }, path);
      expect('status' in answer && answer.status).toBe(401);
    }
  });

  it('takes the calls of every tenant', async () => {
    const keys = ['acme', 'bolt'].map((tenant) => createApiKey({ id: tenant, tenant, role: 'operator' }));
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'parley-tenants-')), 'keys.yaml');
    writeFileSync(file, stringify({ keys: keys.map(({ entry }) => entry) }));
    server = await TestServer.start({ ...withoutSpeech, CONVERSATION_STORE: 'sqlite', API_KEYS_FILE: file });
    for (const authorization of [...keys, ...keys].map(({ key }) => `Bearer ${key}`)) {
      const caller = await TestCaller.dial(server, '', { authorization });
      const { session_id } = await caller.next('session_started');
      await caller.ask('what can you do');
      await caller.hangUp();
      await until('it is processed', async () => {
        const { body } = await server.get(`/api/v1/conversations/${session_id}`, { authorization });
        return body['status'] === 'completed';
      });
    }
    const links = server.app.get(WsPusherLinks, { strict: false }).snapshot();
    expect(links).toMatchObject({ links: { connected: 2 }, pending_requests: 0 });
  });

  it('ends although somebody has forgotten to close a link', async () => {
    server = await TestServer.start({ ...withoutSpeech, SHUTDOWN_LIMIT_MS: '1000' });
    const happenings = new Happenings();
    const { states } = open(happenings);
    await happenings.until(() => states.length > 0);
    await server.stop();
    expect(server.app.get(PusherSessions, { strict: false }).count).toBe(0);
    expect(server.app.get(WsPusherLinks, { strict: false }).snapshot().links).toMatchObject({ connected: 0 });
  });
});
