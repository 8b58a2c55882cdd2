import { afterEach, describe, expect, it } from '@jest/globals';
import type { LinkState, ProcessResult } from '../../src/pusher/link/pusher-link.js';
import { PusherLinks } from '../../src/pusher/link/pusher-link.js';
import { WsPusherLinks } from '../../src/pusher/link/ws-pusher-links.js';
import { PusherSessions } from '../../src/pusher/server/pusher-sessions.js';
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
