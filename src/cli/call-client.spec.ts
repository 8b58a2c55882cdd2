import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { CallClient } from './call-client.js';

const FOR_EVER_MS = 600_000;

let server: WebSocketServer;
beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
});
afterEach(async () => {
  for (const socket of server.clients) socket.terminate();
  await new Promise((resolve) => server.close(resolve));
});

const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const dial = (): Promise<CallClient> => CallClient.connect({ url: url(), sampleRate: 8000, encoding: 'pcm16' });

describe('a call from the command line', () => {
  it('is over when the server ends it, also for who asks afterwards', async () => {
    const calling = dial();
    const [socket] = (await once(server, 'connection')) as [WebSocket];
    const call = await calling;
    const waiting = call.agentFinished(FOR_EVER_MS);
    const closed = once(call, 'closed');
    socket.send(JSON.stringify({ type: 'session_ended', reason: 'drain', turns: 0, duration_ms: 1 }));
    socket.close(1012);
    await expect(waiting).rejects.toThrow('The call ended (1012) while waiting for the agent to finish');
    await closed;
    await call.say(new Int16Array(8000), 8000);
    await expect(call.agentFinished(FOR_EVER_MS)).rejects.toThrow('The call ended (1012)');
    await call.hangUp();
  });

  it('to where nobody listens says which option to look at', async () => {
    const nobody = url();
    await new Promise((resolve) => server.close(resolve));
    await expect(CallClient.connect({ url: nobody, sampleRate: 8000, encoding: 'pcm16' })).rejects.toThrow(
      /ECONNREFUSED\. Does the server run\? --url says where it is$/,
    );
  });
});
