import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createApiKey } from '../../src/auth/api-keys.js';
import { JobQueue } from '../../src/pusher/jobs/job-queue.js';
import { Conversations } from '../../src/services/conversations/conversations.js';
import { record } from '../../src/services/conversations/testing/writer-bench.js';
import { recordLog, until } from '../support/replicas.js';
import { TestServer, withoutSpeech } from '../support/test-server.js';

const OPERATOR = createApiKey({ id: 'anna', tenant: 'acme', role: 'operator' });
const CALLER = createApiKey({ id: 'client', tenant: 'acme', role: 'caller' });
const ADMIN = createApiKey({ id: 'root', tenant: 'home', role: 'admin' });
/** Of which the pusher knows nothing. */
const STRANGER = createApiKey({ id: 'new', tenant: 'acme', role: 'operator' });

let folder: string;
let pusher: TestServer;
let voice: TestServer;

const of = (name: string): string => path.join(folder, name);
function keysFile(name: string, keys: readonly { entry: unknown }[]): string {
  writeFileSync(of(name), JSON.stringify({ keys: keys.map(({ entry }) => entry) }));
  return of(name);
}

/** A pusher with one conversation of `acme`, its queue in a file of its own; and a process that takes calls. */
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'parley-asked-through-voice-'));
  const known = [OPERATOR, CALLER, ADMIN];
  const common = { PUSHER_SECRET: '0123456789abcdef' };
  pusher = await TestServer.start({
    ...common,
    PARLEY_ROLE: 'pusher',
    API_KEYS_FILE: keysFile('pusher.yaml', known),
    CONVERSATION_STORE: 'sqlite',
    DATA_DIR: of('pusher'),
    JOB_ATTEMPTS: '1',
  });
  voice = await TestServer.start({
    ...common,
    ...withoutSpeech,
    PARLEY_ROLE: 'voice',
    API_KEYS_FILE: keysFile('voice.yaml', [...known, STRANGER]),
    PUSHER_URL: pusher.url.replace('http', 'ws'),
    DATA_DIR: of('voice'),
  });
  const conversations = pusher.app.get(Conversations, { strict: false });
  await conversations.change('acme', 'over', () => record('over', [1, 2], { status: 'processing' }));
});
afterEach(async () => {
  await voice.stop();
  await pusher.stop();
  rmSync(folder, { recursive: true });
});

async function ask(
  method: string,
  route: string,
  { key }: { key: string } = OPERATOR,
  body?: object,
): Promise<{ status: number; body: unknown; headers: Headers }> {
  const response = await fetch(`${voice.url}/api/v1/${route}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers: response.headers };
}

describe('a process that only takes calls', () => {
  it('asks its pusher what only that knows', async () => {
    const conversations = pusher.app.get(Conversations, { strict: false });
    expect(await ask('POST', 'conversations/over/process')).toMatchObject({
      status: 202,
      body: { job_id: 'process.over.1', generation: 1 },
    });
    await until('it is read', async () => (await conversations.find('acme', 'over'))?.insights?.generation === 1);
    expect(await ask('POST', 'conversations/over/webhooks')).toMatchObject({ status: 202, body: { job_ids: [] } });

    const queue = pusher.app.get(JobQueue, { strict: false });
    const isDead = async (): Promise<boolean> => (await queue.stateOf('process.lost.1')) === 'dead';
    await queue.put({ id: 'process.lost.1', kind: 'process', payload: { tenant: 'acme', nonsense: true } });
    await until('it is given up', isDead);
    expect(await ask('GET', 'jobs')).toMatchObject({
      status: 200,
      body: { driver: 'sqlite', dead: 1, dead_letters: [{ id: 'process.lost.1' }] },
    });
    expect(await ask('POST', 'jobs/process.lost.1/retry')).toMatchObject({ status: 204, body: undefined });
    await until('it is given up again', isDead);
    expect((await ask('DELETE', 'jobs/process.lost.1')).status).toBe(204);
    expect(await queue.stateOf('process.lost.1')).toBeUndefined();

    expect(await ask('POST', 'privacy/erase', OPERATOR, { conversation_ids: ['over'] })).toMatchObject({
      status: 200,
      body: { erased: { conversations: 1 }, conversation_ids: ['over'], next: null },
    });
    expect(await conversations.find('acme', 'over')).toBeUndefined();
  });

  it('says what the pusher says against it', async () => {
    expect(await ask('POST', 'conversations/other/process')).toMatchObject({
      status: 404,
      body: { error: { code: 'not_found', message: 'There is no such conversation' } },
    });
    expect(await ask('POST', 'conversations/over/webhooks')).toMatchObject({
      status: 409,
      body: { error: { code: 'conflict', message: 'The conversation has not been processed yet' } },
    });
    expect(await ask('POST', 'privacy/erase', OPERATOR, { nonsense: 1 })).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_parameter' } },
    });
    // An admin may name a tenant, which is told to the pusher, too.
    expect((await ask('POST', 'conversations/over/process', ADMIN)).status).toBe(404);
    expect((await ask('POST', 'conversations/over/process?tenant=acme', ADMIN)).status).toBe(202);
  });

  it('lets nobody through who may not, nor to anywhere else', async () => {
    expect((await ask('GET', 'jobs', CALLER)).status).toBe(403);
    expect((await fetch(`${voice.url}/api/v1/jobs`)).status).toBe(401);
    expect((await fetch(`${voice.url}/api/v1/jobs?token=${OPERATOR.key}`)).status).toBe(200);
    expect((await ask('POST', 'jobs/%2e%2e%2f%2e%2e%2fhealth/retry')).status).toBe(404);
    expect((await ask('POST', 'jobs/a%3Ftenant=b%23/retry')).status).toBe(404);
  });

  it('says that it may work later where the pusher is not there, or does not know who asks; no credential is in the log', async () => {
    const lines = recordLog();
    expect(await ask('GET', 'jobs', STRANGER)).toMatchObject({
      status: 503,
      body: { error: { code: 'auth_unavailable' } },
    });
    await pusher.stop();
    expect(await ask('GET', 'jobs')).toMatchObject({ status: 503, body: { error: { code: 'state_unavailable' } } });
    expect(lines.join('\n')).toContain('does not know a credential that is valid here');
    expect(lines.join('\n')).toMatch(/does not answer GET \/api\/v1\/jobs: .*ECONNREFUSED/);
    for (const { key } of [STRANGER, OPERATOR]) expect(lines.join('\n')).not.toContain(key);
  });

  it('has these routes in its description of the API, as the pusher has', async () => {
    const pathsOf = async (server: TestServer): Promise<Record<string, object>> => {
      const { body } = await server.get('/api/v1/openapi.json', { authorization: `Bearer ${CALLER.key}` });
      return body['paths'] as Record<string, object>;
    };
    const [here, there] = [await pathsOf(voice), await pathsOf(pusher)];
    const afterCalls = Object.keys(there).filter((route) => /jobs|process|webhooks|privacy/.test(route));
    expect(afterCalls).toHaveLength(6);
    for (const route of afterCalls) expect(here[route]).toEqual(there[route]);
  });

  it('notes who has asked, as the pusher does what was done', async () => {
    await ask('POST', 'privacy/erase', OPERATOR, { conversation_ids: ['over'] });
    for (const [server, object] of [
      ['voice', 'at the pusher'],
      ['pusher', 'over'],
    ] as const) {
      const written = (): string => {
        const files = existsSync(of(`${server}/audit`)) ? readdirSync(of(`${server}/audit`)) : [];
        return files.map((name) => readFileSync(of(`${server}/audit/${name}`), 'utf8')).join('');
      };
      await until('it is noted', () => Promise.resolve(written().includes('/privacy/erase')));
      expect(JSON.parse(written())).toMatchObject({ who: 'anna', tenant: 'acme', object, result: '200' });
    }
  });
});
