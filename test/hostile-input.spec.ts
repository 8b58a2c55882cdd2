import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { TestCaller, TestServer, nothingHeld, withoutSpeech } from './support/test-server.js';

describe('hostile input', () => {
  let server: TestServer;
  let before: Record<string, number>;
  beforeAll(async () => {
    server = await TestServer.start({ SESSION_ACQUIRE_TIMEOUT_MS: '100' });
    // One whole call first, so that what is made once for the process is there.
    const caller = await TestCaller.dial(server);
    await caller.next('generation_complete');
    await caller.hangUp();
    await server.quiet();
    before = await server.census();
  });
  afterEach(async () => {
    expect(await server.quiet()).toEqual(nothingHeld);
  });
  afterAll(() => server.stop());

  it.each([
    ['not JSON', '{"type":', 'invalid_message'],
    ['no type', '{"text":"hello"}', 'invalid_message'],
    ['a type of the wrong kind', '{"type":7}', 'invalid_message'],
    ['an unknown type', '{"type":"frobnicate"}', 'unknown_message'],
    ['a text of the wrong kind', '{"type":"user_message","text":[1]}', 'invalid_message'],
    ['an empty text', '{"type":"user_message","text":"   "}', 'invalid_message'],
    ['a key that no telephone has', '{"type":"dtmf","digit":"E"}', 'invalid_message'],
    [
      'a position before the beginning',
      '{"type":"playback","generation_id":"gen_1","played_ms":-5}',
      'invalid_message',
    ],
    ['an array', '[]', 'invalid_message'],
    ['null', 'null', 'invalid_message'],
    ['a prototype', '{"__proto__":{"type":"end"}}', 'invalid_message'],
  ])('answers an error to %s, and the session goes on', async (_, message, code) => {
    const caller = await TestCaller.dial(server);
    caller.send(message);
    expect(await caller.next('error')).toMatchObject({ code, retryable: false });
    caller.send({ type: 'ping' });
    await caller.next('pong');
    await caller.hangUp();
  });

  it('closes a client that sends nothing else', async () => {
    const caller = await TestCaller.dial(server);
    for (let count = 0; count < 60; count++) caller.send('garbage');
    expect((await caller.closed).code).toBe(1003);
  });

  it('closes 1009 at a frame that is too large', async () => {
    const caller = await TestCaller.dial(server);
    caller.sendAudio(new Int16Array(64 * 1024));
    expect((await caller.closed).code).toBe(1009);
  });

  it('takes audio frames of any length, odd ones too, and noise', async () => {
    const caller = await TestCaller.dial(server);
    let seed = 1;
    for (const length of [0, 1, 3, 639, 640, 641, 7, 65_536]) {
      const bytes = Buffer.alloc(length);
      for (let index = 0; index < length; index++) bytes[index] = (seed = (seed * 48_271) % 0x7fffffff) & 255;
      caller.socket.send(bytes, { binary: true });
    }
    caller.send({ type: 'ping' });
    await caller.next('pong');
    await caller.hangUp();
  });

  it('drops what no caller can have said, tells so, and serves the others as before', async () => {
    const flooding = await TestCaller.dial(server, '?encoding=mulaw&sample_rate=8000');
    const other = await TestCaller.dial(server);
    const eightSeconds = Buffer.alloc(64 * 1024, 0x55);
    for (let count = 0; count < 300; count++) flooding.socket.send(eightSeconds, { binary: true });
    const dropped = await flooding.next('audio_dropped');
    expect(dropped).toMatchObject({ source: 'mic', reason: 'queue_full' });
    expect(dropped.to_ms).toBeGreaterThan(dropped.from_ms);
    other.send({ type: 'ping' });
    await other.next('pong');
    flooding.send({ type: 'ping' });
    await flooding.next('pong');
    await flooding.hangUp();
    await other.hangUp();
  });

  it('cuts off a client that makes it talk and does not read', async () => {
    const caller = await TestCaller.dial(server);
    await caller.next('session_started');
    caller.socket.pause();
    const messages = [...Array.from({ length: 40 }, () => '{"type":"frobnicate"}'), '{"type":"ping"}'];
    for (let round = 0; round < 3000; round++) for (const message of messages) caller.socket.send(message);
    expect(await server.quiet()).toEqual(nothingHeld);
    caller.socket.terminate();
  });

  it('survives a client that resets the connection', async () => {
    const caller = await TestCaller.dial(server);
    await caller.next('session_started');
    caller.socket.terminate();
    await caller.closed;
  });

  it('survives handshakes that are not finished, not WebSocket, or abandoned', async () => {
    const { port, hostname } = new URL(server.url);
    const requests = [
      'GET /api/v1/voice/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
      'GET /api/v1/voice/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 99\r\nSec-WebSocket-Key: aaaaaaaaaaaaaaaaaaaaaa==\r\n\r\n',
      'GET //[ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
      'GET /api/v1/voice/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n',
      `GET /api/v1/voice/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n${'\xff'.repeat(300)}`,
    ];
    for (const request of requests) {
      const answer = await new Promise<string>((resolve) => {
        let text = '';
        const socket = connect(Number(port), hostname, () => socket.write(request, 'latin1'));
        socket.on('data', (data) => (text += data.toString('latin1')));
        socket.on('close', () => resolve(text));
        socket.on('error', () => undefined);
      });
      expect(answer).toMatch(/^HTTP\/1\.1 (400|404|426|101)/);
    }
    expect((await server.get('/api/v1/health')).status).toBe(200);
  });

  it('forgets a caller who goes away while waiting for a slot', async () => {
    const tight = await TestServer.start({
      ...withoutSpeech,
      MAX_CONNECTIONS: '1',
      SESSION_ACQUIRE_TIMEOUT_MS: '60000',
      GREETING: 'off',
    });
    const first = await TestCaller.dial(tight);
    const { port, hostname } = new URL(tight.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      'GET /api/v1/voice/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    await tight.holds('waiting', 1);
    socket.destroy();
    await tight.holds('waiting', 0);
    await first.hangUp();
    expect(await tight.quiet()).toEqual(nothingHeld);
    await tight.stop();
  });

  it.each([
    ['before the session is built', (caller: TestCaller) => Promise.resolve(caller)],
    ['when it has started', (caller: TestCaller) => caller.next('session_started')],
    ['when the answer begins', (caller: TestCaller) => caller.next('generation_started')],
    ['at the first text', (caller: TestCaller) => caller.next('text_chunk')],
    ['at the first audio', (caller: TestCaller) => caller.heard(1)],
    [
      'while a tool runs',
      async (caller: TestCaller) => {
        caller.send({ type: 'user_message', text: 'speak to a person please' });
        await caller.next('tool_start');
      },
    ],
    [
      'at an interruption',
      async (caller: TestCaller) => {
        await caller.heard(1);
        caller.send({ type: 'interrupt' });
        await caller.next('audio_clear');
      },
    ],
    ['after the answer', (caller: TestCaller) => caller.next('generation_complete')],
  ])('gives everything back when the caller goes away %s', async (_, reach) => {
    const callUntil = async (leave: 'close' | 'terminate'): Promise<void> => {
      const caller = await TestCaller.dial(server);
      await reach(caller);
      caller.socket[leave]();
      await caller.closed;
    };
    await Promise.all([callUntil('close'), callUntil('terminate')]);
    expect(await server.quiet()).toEqual(nothingHeld);
  });

  it('has left no thread, socket, timer or listener behind after all that', async () => {
    const after = await server.census(before);
    for (const [kind, count] of Object.entries(after))
      expect([kind, count]).toEqual([kind, Math.min(count, before[kind] ?? 0)]);
    expect(after.busListeners).toBe(before.busListeners);
  });
});
