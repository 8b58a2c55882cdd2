import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import path from 'node:path';
import { stringify } from 'yaml';
import { createApiKey } from '../../src/auth/api-keys.js';
import type { Role } from '../../src/auth/principal.js';
import { ListenCaller } from '../listen/support/listen-caller.js';
import { TestCaller, TestServer, nothingHeld, withoutSpeech } from '../support/test-server.js';

const MINUTE_BYTES = 8000 * 60;
const FRAME_BYTES = 48_000;
const mulaw = '?encoding=mulaw&sample_rate=8000';

let server: TestServer | undefined;
afterEach(async () => {
  const left = await server?.quiet();
  await server?.stop();
  server = undefined;
  expect(left).toEqual(nothingHeld);
});

/** A server with a key for each of these: tenant and role by its id. */
async function start(keys: Record<string, [tenant: string, role: Role]>, env: NodeJS.ProcessEnv) {
  const made = Object.entries(keys).map(([id, [tenant, role]]) => createApiKey({ id, tenant, role }));
  const file = path.join(process.env['DATA_DIR']!, `keys-${Math.random()}.yaml`);
  writeFileSync(file, stringify({ keys: made.map(({ entry }) => entry) }));
  server = await TestServer.start({ ...withoutSpeech, API_KEYS_FILE: file, GREETING: 'off', ...env });
  const of = (id: string): Record<string, string> => ({
    authorization: `Bearer ${made.find(({ entry }) => entry.id === id)!.key}`,
  });
  return { server, of };
}

describe('requests', () => {
  it('beyond those of a credential get 429 and when to come again, others do not', async () => {
    const { server, of } = await start(
      { anna: ['acme', 'operator'], ben: ['acme', 'operator'] },
      { REQUESTS_PER_MINUTE: '3' },
    );
    for (let request = 0; request < 3; request++)
      expect((await server.get('/api/v1/sessions', of('anna'))).status).toBe(200);
    const response = await fetch(`${server.url}/api/v1/sessions`, { headers: of('anna') });
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await response.json()).toMatchObject({ error: { code: 'rate_limited', retry_after_s: expect.any(Number) } });
    expect((await server.get('/api/v1/sessions', of('ben'))).status).toBe(200);
    expect((await server.get('/api/v1/health')).status).toBe(200);
  });

  it('beyond those of a tenant get 429 whichever of its credentials asks', async () => {
    const { server, of } = await start(
      { anna: ['acme', 'operator'], ben: ['acme', 'operator'], eve: ['other', 'operator'] },
      { TENANT_REQUESTS_PER_MINUTE: '3' },
    );
    for (const who of ['anna', 'ben', 'anna']) expect((await server.get('/api/v1/sessions', of(who))).status).toBe(200);
    expect((await server.get('/api/v1/sessions', of('ben'))).status).toBe(429);
    expect((await server.get('/api/v1/sessions', of('eve'))).status).toBe(200);
  });

  it('with a body that is too large get 413', async () => {
    const { server, of } = await start({ anna: ['acme', 'operator'] }, { MAX_BODY_BYTES: '2048' });
    const put = (bytes: number): Promise<Response> =>
      fetch(`${server.url}/api/v1/phrases`, {
        method: 'PUT',
        headers: { ...of('anna'), 'content-type': 'application/json' },
        body: JSON.stringify({ phrases: ['x'.repeat(bytes)] }),
      });
    expect((await put(20)).status).toBe(200);
    const refused = await put(3000);
    expect([refused.status, await refused.json()]).toEqual([
      413,
      { error: { code: 'too_large', message: expect.any(String) } },
    ]);
  });
});

describe('connections', () => {
  it.each([
    // With time for its headers: slowness is none of its faults.
    ['one too many', '', { MAX_SOCKETS: '2', HEADERS_TIMEOUT_MS: '60000', REQUEST_TIMEOUT_MS: '60000' }],
    [
      'headers that never end',
      'GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ',
      { HEADERS_TIMEOUT_MS: '200' },
    ],
    [
      'a body that never ends',
      'POST /api/v1/tokens HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
      { HEADERS_TIMEOUT_MS: '200', REQUEST_TIMEOUT_MS: '200' },
    ],
  ])('are closed when they are too many, or too slow: %s', async (_, begun, env) => {
    const { server } = await start({}, env);
    const { port } = new URL(server.url);
    const sockets: Socket[] = [];
    // One after the other: whichever is accepted last is the one too many.
    for (let socket = 1; socket <= 3; socket++) {
      sockets.push(connect(Number(port), '127.0.0.1').on('error', () => undefined));
      await once(sockets.at(-1)!, 'connect');
    }
    const last = sockets.at(-1)!;
    const closed = new Promise((resolve) => last.once('close', resolve));
    last.write(begun);
    last.resume();
    await closed;
    for (const socket of sockets) socket.destroy();
  });
});

describe('calls', () => {
  it('beyond those of a tenant get 429 before the upgrade, of either kind', async () => {
    const { server, of } = await start(
      { anna: ['acme', 'caller'], ben: ['acme', 'caller'], eve: ['other', 'caller'] },
      { TENANT_CALLS_PER_MINUTE: '2' },
    );
    for (const who of ['anna', 'ben']) await (await TestCaller.dial(server, '', of(who))).hangUp();
    for (const route of ['/api/v1/voice/ws', '/api/v1/listen/ws'])
      expect(await TestCaller.tryDial(server, '', of('anna'), route)).toMatchObject({
        status: 429,
        body: { error: { code: 'rate_limited' } },
        retryAfter: expect.stringMatching(/^\d+$/),
      });
    await (await TestCaller.dial(server, '', of('eve'))).hangUp();
  });

  it('are no new ones when they come back', async () => {
    const { server, of } = await start(
      { anna: ['acme', 'caller'] },
      { CALLS_PER_MINUTE: '1', TENANT_CALLS_PER_MINUTE: '1', UPGRADES_PER_MINUTE: '2' },
    );
    let anna = await TestCaller.dial(server, '', of('anna'));
    for (let times = 0; times < 4; times++) {
      const token = await anna.token();
      anna.socket.terminate();
      anna = await TestCaller.dial(server, `?resume=${token}`, of('anna'));
      expect(await anna.next('session_started')).toMatchObject({ resumed: true });
    }
    const known = await anna.token();
    const wrong = 'x'.repeat(known.length);
    const statusOf = (query: string, headers: Record<string, string>): Promise<unknown> =>
      TestCaller.tryDial(server, query, headers).catch(() => undefined);
    expect(await statusOf(`?resume=${wrong}`, of('anna'))).toMatchObject({ status: 429 });
    expect(await statusOf(`?resume=${wrong}`, { authorization: 'Bearer wrong' })).toMatchObject({ status: 429 });
    expect(await statusOf(`?resume=${known}`, { authorization: 'Bearer wrong' })).toMatchObject({ status: 429 });
    anna.socket.terminate();
    anna = await TestCaller.dial(server, `?resume=${known}`, of('anna'));
    await anna.next('session_started');
    await anna.hangUp();
  });

  it('end with 1008 when the audio of the tenant is used up, and new ones get 429', async () => {
    const { server, of } = await start(
      { anna: ['acme', 'caller'], ben: ['acme', 'caller'], eve: ['other', 'caller'] },
      { AUDIO_MINUTES_PER_HOUR: '1', MAX_AUDIO_RATE: '0' },
    );
    const anna = await TestCaller.dial(server, mulaw, of('anna'));
    const ben = await TestCaller.dial(server, mulaw, of('ben'));
    const eve = await TestCaller.dial(server, mulaw, of('eve'));
    await Promise.all([anna, ben, eve].map((caller) => caller.next('session_started')));
    for (let sent = 0; sent < MINUTE_BYTES; sent += FRAME_BYTES) anna.socket.send(Buffer.alloc(FRAME_BYTES, 0xff));
    expect((await anna.next('session_ended')).reason).toBe('budget');
    expect((await anna.closed).code).toBe(1008);
    expect((await ben.closed).code).toBe(1008);
    expect(await TestCaller.tryDial(server, '', of('anna'))).toMatchObject({
      status: 429,
      body: { error: { code: 'budget_exhausted', retry_after_s: expect.any(Number) } },
    });
    eve.send({ type: 'ping' });
    await eve.next('pong');
    await eve.hangUp();
  });

  it('that are listened to end as well', async () => {
    const { server, of } = await start(
      { anna: ['acme', 'caller'] },
      { AUDIO_MINUTES_PER_HOUR: '1', MAX_AUDIO_RATE: '0', CONVERSATION_STORE: 'none' },
    );
    const token = of('anna')['authorization']!.slice('Bearer '.length);
    const caller = await ListenCaller.dial(server.url, `?encoding=mulaw&sample_rate=8000&token=${token}`);
    for (let sent = 0; sent < MINUTE_BYTES; sent += FRAME_BYTES) caller.socket.send(Buffer.alloc(FRAME_BYTES, 0xff));
    expect(await caller.closed).toMatchObject({ code: 1008, reason: 'budget' });
  });

  it('tell a client that types faster than anybody can, and close it if it goes on', async () => {
    const { server, of } = await start({ anna: ['acme', 'caller'] }, {});
    const anna = await TestCaller.dial(server, mulaw, of('anna'));
    await anna.next('session_started');
    for (let typed = 0; typed < 200; typed++) anna.send({ type: 'user_message', text: 'what is my balance' });
    expect(await anna.closed).toMatchObject({ code: 1008, reason: 'rate_limited' });
    const told = anna.events.filter((event) => event.type === 'error' && event.code === 'rate_limited');
    expect(told).toEqual([expect.objectContaining({ retryable: true })]);
    expect(anna.events.filter(({ type }) => type === 'generation_started').length).toBeLessThanOrEqual(42);
  });

  it('that are listened to are closed for messages without end as well', async () => {
    const { server, of } = await start({ anna: ['acme', 'caller'] }, { CONVERSATION_STORE: 'none' });
    const token = of('anna')['authorization']!.slice('Bearer '.length);
    const caller = await ListenCaller.dial(server.url, `?encoding=mulaw&sample_rate=8000&token=${token}`);
    for (let sent = 0; sent < 500; sent++) caller.send({ type: 'ping' });
    expect(await caller.closed).toMatchObject({ code: 1008, reason: 'rate_limited' });
    expect(caller.events).toContainEqual(expect.objectContaining({ type: 'error', code: 'rate_limited' }));
  });

  it('tell a client that sends faster than anybody can speak, and lose what is too much', async () => {
    const { server, of } = await start({ anna: ['acme', 'caller'] }, {});
    const anna = await TestCaller.dial(server, mulaw, of('anna'));
    await anna.next('session_started');
    for (let sent = 0; sent < MINUTE_BYTES; sent += FRAME_BYTES) anna.socket.send(Buffer.alloc(FRAME_BYTES, 0xff));
    expect(await anna.next('error')).toMatchObject({ code: 'rate_limited', retryable: false });
    anna.send({ type: 'ping' });
    await anna.next('pong');
    await anna.hangUp();
  });
});
