import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { createApiKey } from '../../src/auth/api-keys.js';
import { checkChain } from '../../src/ops/audit/audit-chain.js';
import { JobQueue } from '../../src/pusher/jobs/job-queue.js';
import { AcsLiveCalls } from '../../src/telephony/acs/acs-live-calls.js';
import { recordLog } from '../support/replicas.js';
import { TestCaller, TestServer, withoutSpeech } from '../support/test-server.js';
import { TranscriptReader } from '../support/transcript-reader.js';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function start(env: NodeJS.ProcessEnv = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'parley-audited-'));
  const anna = createApiKey({ id: 'anna', tenant: 'acme', role: 'operator' });
  const boss = createApiKey({ id: 'boss', tenant: 'parley', role: 'admin' });
  const mia = createApiKey({ id: 'mia', tenant: 'acme', role: 'caller' });
  const keys = path.join(folder, 'keys.yaml');
  writeFileSync(keys, stringify({ keys: [anna.entry, boss.entry, mia.entry] }));
  server = await TestServer.start({
    ...withoutSpeech,
    API_KEYS_FILE: keys,
    DATA_DIR: folder,
    CONVERSATION_STORE: 'sqlite',
    GREETING: 'off',
    ...env,
  });
  const { url } = server;
  const ask = async (key: string, method: string, route: string, body?: object): Promise<number> => {
    const response = await fetch(`${url}/api/v1${route}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    await response.arrayBuffer();
    return response.status;
  };
  /** Everything written, once the server has stopped. */
  const written = async (): Promise<{ text: string; entries: Record<string, unknown>[] }> => {
    await server!.stop();
    server = undefined;
    const audit = path.join(folder, 'audit');
    const files = readdirSync(audit).map((name) => [name, readFileSync(path.join(audit, name), 'utf8')] as const);
    expect(checkChain(new Map(files)).problems).toEqual([]);
    const text = files.map(([, content]) => content).join('');
    return {
      text,
      entries: text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    };
  };
  return { ask, written, anna: anna.key, boss: boss.key, mia: mia.key, server };
}

describe('what is done through the API', () => {
  it('is noted: who, what, to which object, and what came of it', async () => {
    const { ask, written, anna, boss, server } = await start();
    const caller = await TestCaller.dial(server, `?token=${anna}`);
    const { session_id: id } = await caller.next('session_started');
    await ask(anna, 'POST', `/sessions/${id}/pause`);
    await ask(boss, 'GET', '/conversations/some-call?tenant=acme');
    await ask(anna, 'DELETE', `/sessions/${id}`);
    await caller.closed;
    await ask(anna, 'POST', '/privacy/erase', { conversation_ids: ['a', 'b'] });
    await ask(anna, 'POST', '/tokens', { subject: 'visitor-7' });
    const { entries } = await written();
    expect(entries).toMatchObject([
      {
        who: 'anna',
        role: 'operator',
        tenant: 'acme',
        action: 'POST /api/v1/sessions/:id/pause',
        object: id,
        result: '204',
      },
      {
        who: 'boss',
        tenant: 'parley',
        action: 'GET /api/v1/conversations/:id',
        object: 'some-call',
        of: 'acme',
        result: '404',
      },
      { who: 'anna', action: 'DELETE /api/v1/sessions/:id', object: id, result: '204' },
      { who: 'anna', action: 'POST /api/v1/privacy/erase', object: '2 conversations', result: '200' },
      { who: 'anna', action: 'POST /api/v1/tokens', object: '', result: '201' },
    ]);
  });

  it('is noted where a list shows names, or what calls were about', async () => {
    const { ask, written, anna } = await start();
    expect(await ask(anna, 'GET', '/conversations?limit=1')).toBe(200);
    expect(await ask(anna, 'GET', '/people')).toBe(200);
    const { entries } = await written();
    expect(entries.map(({ action }) => action)).toEqual(['GET /api/v1/conversations', 'GET /api/v1/people']);
  });

  it('is noted once while somebody goes on looking at the same', async () => {
    const { ask, written, anna, boss } = await start();
    for (let times = 0; times < 3; times++) {
      await ask(anna, 'GET', '/conversations');
      await ask(boss, 'GET', '/conversations?tenant=acme');
      await ask(boss, 'GET', '/conversations?tenant=other');
      await ask(anna, 'GET', '/conversations/a-call');
    }
    const { entries } = await written();
    expect(entries.map(({ who, of, result }) => [who, of, result])).toEqual([
      ['anna', undefined, '200'],
      ['boss', 'acme', '200'],
      ['boss', 'other', '200'],
      ['anna', undefined, '404'],
    ]);
  });

  it('names another tenant only where its data was asked for and shown', async () => {
    const { ask, written, anna, boss } = await start();
    await ask(anna, 'GET', '/people?tenant=other');
    await ask(boss, 'GET', '/people?tenant=acme');
    await ask(boss, 'GET', `/people?tenant=${encodeURIComponent('x": 200\nforged')}`);
    await ask(boss, 'DELETE', '/sessions/7?tenant=acme');
    const { entries } = await written();
    expect(entries.map(({ who, of, result }) => [who, of, result])).toEqual([
      ['anna', undefined, '200'],
      ['boss', 'acme', '200'],
      ['boss', undefined, '400'],
      ['boss', undefined, '404'],
    ]);
  });

  it('says whose it was where an admin reads along in a call of another tenant, pauses it and hangs up', async () => {
    const { ask, written, anna, boss, server } = await start();
    const caller = await TestCaller.dial(server, `?token=${anna}`);
    const { session_id: id } = await caller.next('session_started');
    const reader = await TranscriptReader.open(server, id, boss);
    expect(await ask(anna, 'POST', `/sessions/${id}/pause`)).toBe(204);
    expect(await ask(boss, 'POST', `/sessions/${id}/resume`)).toBe(204);
    expect(await ask(boss, 'DELETE', `/sessions/${id}`)).toBe(204);
    await caller.closed;
    while ((await reader.next()).event !== 'over');
    await expect(reader.next()).rejects.toThrow('there is no more');
    await server.app.get(AcsLiveCalls, { strict: false }).belongsTo('call-7', 'acme');
    expect(await ask(boss, 'DELETE', '/calls/call-7')).toBeGreaterThanOrEqual(400);
    const { entries } = await written();
    const noted = entries.map(({ who, action, of, result }) => [who, action, of, result]);
    const expected = [
      ['boss', 'GET /api/v1/sessions/:id/transcript', 'acme', 'begun'],
      ['anna', 'POST /api/v1/sessions/:id/pause', undefined, '204'],
      ['boss', 'POST /api/v1/sessions/:id/resume', 'acme', '204'],
      ['boss', 'DELETE /api/v1/sessions/:id', 'acme', '204'],
      ['boss', 'GET /api/v1/sessions/:id/transcript', 'acme', '200'],
      ['boss', 'DELETE /api/v1/calls/:id', 'acme', expect.stringMatching(/^[45]/)],
    ];
    // Whether the call is over before who has ended it has their answer, nobody knows.
    expect(noted).toHaveLength(expected.length);
    expect(noted).toEqual(expect.arrayContaining(expected));
  });

  it('says whose it was where an admin tries a job of another tenant again, and drops it', async () => {
    const { ask, written, boss, server } = await start({
      PARLEY_ROLE: 'pusher',
      PUSHER_SECRET: '0123456789abcdef',
      JOB_ATTEMPTS: '1',
    });
    const queue = server.app.get(JobQueue, { strict: false });
    const died = async (): Promise<void> => {
      while ((await queue.stateOf('process.lost.1')) !== 'dead') await new Promise((resolve) => setImmediate(resolve));
    };
    await queue.put({ id: 'process.lost.1', kind: 'process', payload: { tenant: 'acme', nonsense: true } });
    await died();
    expect(await ask(boss, 'POST', '/jobs/process.lost.1/retry')).toBe(204);
    await died();
    expect(await ask(boss, 'DELETE', '/jobs/process.lost.1')).toBe(204);
    expect(await ask(boss, 'DELETE', '/jobs/process.lost.1')).toBe(404);
    const { entries } = await written();
    expect(entries.map(({ action, of, result }) => [action, of, result])).toEqual([
      ['POST /api/v1/jobs/:id/retry', 'acme', '204'],
      ['DELETE /api/v1/jobs/:id', 'acme', '204'],
      ['DELETE /api/v1/jobs/:id', undefined, '404'],
    ]);
  });

  it('is not noted as somebody else’s, whatever a token is called', async () => {
    const { ask, written, anna, server } = await start();
    const made = await fetch(`${server.url}/api/v1/tokens`, {
      method: 'POST',
      headers: { authorization: `Bearer ${anna}`, 'content-type': 'application/json' },
      body: JSON.stringify({ subject: 'boss' }),
    });
    const { token } = (await made.json()) as { token: string };
    expect(await ask(token, 'DELETE', '/sessions/1')).toBe(403);
    const { entries } = await written();
    expect(entries.map(({ who, result }) => [who, result])).toEqual([
      ['anna', '201'],
      ['token:anna/boss', '403'],
    ]);
  });

  it('is noted where it is forbidden, and not where nobody is known or only a list is shown', async () => {
    const { ask, written, anna, mia } = await start();
    expect(await ask('pk_nobody', 'DELETE', '/sessions/1')).toBe(401);
    expect(await ask(anna, 'GET', '/sessions')).toBe(200);
    expect(await ask(mia, 'GET', '/sessions')).toBe(403);
    expect(await ask(mia, 'DELETE', '/sessions/2')).toBe(403);
    const { entries } = await written();
    expect(entries.map(({ who, action, result }) => [who, action, result])).toEqual([
      ['mia', 'GET /api/v1/sessions', '403'],
      ['mia', 'DELETE /api/v1/sessions/:id', '403'],
    ]);
  });

  it('is noted without a credential, a number or a word of what was sent', async () => {
    const log = recordLog();
    const { ask, written, anna } = await start({ LOG_LEVEL: 'trace' });
    await ask(anna, 'POST', '/calls', { to: '+15550123456' });
    await ask(anna, 'PUT', '/phrases', { phrases: ['Grandma Hildegard'] });
    await ask(anna, 'DELETE', `/people/${encodeURIComponent('x\n{"who":"forged"}')}`);
    const { text, entries } = await written();
    for (const secret of [anna, '15550123456', 'Hildegard', '"forged"'])
      for (const where of [text, log.join('\n')]) expect(where).not.toContain(secret);
    expect(entries).toHaveLength(3);
  });
});
