import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { createApiKey } from '../src/auth/api-keys.js';
import { SessionRegistry } from '../src/state/session-registry.js';
import { TestCaller, TestServer, hurriedVoice, nothingHeld, withoutSpeech } from './support/test-server.js';

describe('a client that lost its connection', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ ...hurriedVoice, MAX_CONNECTIONS: '1', SESSION_ACQUIRE_TIMEOUT_MS: '500' });
  });
  afterEach(async () => {
    expect(await server.quiet()).toEqual(nothingHeld);
  });
  afterAll(() => server.stop());

  it('goes on where it was: the agent asks again, and takes the answer', async () => {
    const first = await TestCaller.dial(server, '?sample_rate=8000');
    const token = await first.token();
    await first.next('generation_complete');
    await first.ask('what is my balance');
    const question = first.answers().at(-1)!;
    expect(question).toContain('last four digits');
    first.socket.terminate();

    const second = await TestCaller.dial(server, `?resume=${token}&encoding=mulaw&sample_rate=8000`);
    const { session_id } = await first.next('session_started').catch(() => ({ session_id: '' }));
    expect(await second.next('session_started')).toMatchObject({ session_id, resumed: true, encoding: 'mulaw' });
    await second.next('generation_complete');
    expect(second.answers()).toEqual([`Sorry, we were cut off for a moment. ${question}`]);
    await second.ask('four two four two');
    expect(second.answers().at(-1)).toContain('PIN');
    await second.hangUp();
  });

  it('gets in although the server still holds the dead connection, and its only slot', async () => {
    const first = await TestCaller.dial(server);
    const token = await first.token();
    await first.next('generation_complete');
    const second = await TestCaller.dial(server, `?resume=${token}`);
    await second.next('session_started');
    expect(await first.closed).toEqual({ code: 1000, reason: 'superseded' });
    expect(server.app.get(SessionRegistry, { strict: false }).active).toBe(1);
    await second.hangUp();
  });

  it('comes back once with a token, and with the next one again', async () => {
    let caller = await TestCaller.dial(server);
    const used: string[] = [];
    for (let times = 0; times < 3; times++) {
      const token = await caller.token();
      expect(used).not.toContain(token);
      used.push(token);
      caller.socket.terminate();
      await caller.closed;
      await server.quiet();
      caller = await TestCaller.dial(server, `?resume=${token}`);
    }
    await caller.token();
    for (const token of used) {
      expect(await TestCaller.tryDial(server, `?resume=${token}`)).toMatchObject({
        status: 404,
        body: { error: { code: 'resume_unknown' } },
      });
    }
    await caller.hangUp();
  });

  it.each([
    ['hangs up', (caller: TestCaller) => caller.hangUp()],
    [
      'says that it is done',
      async (caller: TestCaller) => {
        caller.send({ type: 'end' });
        await caller.closed;
      },
    ],
  ])('has nothing to come back to once it %s', async (_, leave) => {
    const caller = await TestCaller.dial(server);
    const token = await caller.token();
    await leave(caller);
    await server.quiet();
    expect(await TestCaller.tryDial(server, `?resume=${token}`)).toMatchObject({ status: 404 });
  });

  it('is told what is wrong with a token that cannot be one', async () => {
    expect(await TestCaller.tryDial(server, '?resume=nothing')).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_parameter' } },
    });
  });
});

describe('a resume token', () => {
  it('is of no use to another tenant, who does not use it up either', async () => {
    const keys = ['acme', 'bank'].map((tenant) => createApiKey({ id: tenant, tenant, role: 'caller' }));
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'parley-resume-')), 'keys.yaml');
    writeFileSync(file, stringify({ keys: keys.map(({ entry }) => entry) }));
    const server = await TestServer.start({ ...withoutSpeech, API_KEYS_FILE: file });
    const [acme, bank] = keys.map(({ key }) => ({ authorization: `Bearer ${key}` }));
    const first = await TestCaller.dial(server, '', acme);
    const token = await first.token();
    first.socket.terminate();
    await first.closed;
    await server.quiet();
    expect(await TestCaller.tryDial(server, `?resume=${token}`, bank)).toMatchObject({ status: 404 });
    const second = await TestCaller.dial(server, `?resume=${token}`, acme);
    await second.hangUp();
    await server.quiet();
    await server.stop();
  });

  it('is not given out where sessions end with their connection', async () => {
    const server = await TestServer.start({ ...withoutSpeech, SESSION_RESUME_MS: '0' });
    const caller = await TestCaller.dial(server);
    expect(await caller.next('session_started')).toMatchObject({ resumed: false, resume_token: null });
    await caller.hangUp();
    await server.quiet();
    await server.stop();
  });
});
