import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { TestCaller, TestServer, withoutSpeech } from './support/test-server.js';

let server: TestServer;
beforeEach(async () => void (server = await TestServer.start(withoutSpeech)));
afterEach(() => server.stop());

async function order(id: string, what: string): Promise<number> {
  return (await fetch(`${server.url}/api/v1/sessions/${id}/${what}`, { method: 'POST' })).status;
}

async function stateOf(id: string): Promise<unknown> {
  return (await server.get(`/api/v1/sessions/${id}`)).body['state'];
}

describe('an operator', () => {
  it('pauses a call with an agent, and lets it go on', async () => {
    const caller = await TestCaller.dial(server);
    const { session_id: id } = await caller.next('session_started');
    expect(await order(id, 'pause')).toBe(204);
    await caller.next('paused');
    expect(await stateOf(id)).toBe('PAUSED');
    caller.send({ type: 'user_message', text: 'my card is 4242 4242 4242 4242' });
    expect(await order(id, 'resume')).toBe(204);
    await caller.next('resumed');
    caller.send({ type: 'user_message', text: 'goodbye' });
    await caller.next('generation_complete');
    expect(JSON.stringify(caller.events)).not.toContain('4242');
    caller.socket.close();
  });

  it('pauses a call that is listened to', async () => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/v1/listen/ws`);
    const statuses: string[] = [];
    const heard = (status: string): Promise<void> =>
      new Promise((resolve) =>
        socket.on('message', (data: Buffer) => {
          const text = data.toString();
          if (text.includes(`"status":"${status}"`)) statuses.push(status);
          if (statuses.includes(status)) resolve();
        }),
      );
    const [ready, paused, resumed] = [heard('ready'), heard('paused'), heard('resumed')];
    await ready;
    const { sessions } = (await server.get('/api/v1/sessions')).body as { sessions: { session_id: string }[] };
    const id = sessions[0]!.session_id;
    expect(await order(id, 'pause')).toBe(204);
    await paused;
    expect(await stateOf(id)).toBe('paused');
    expect(await order(id, 'resume')).toBe(204);
    await resumed;
    expect(await stateOf(id)).toBe('listening');
    socket.close(1000);
  });

  it('cannot pause what is not there', async () => {
    expect(await order('nobody', 'pause')).toBe(404);
  });
});
