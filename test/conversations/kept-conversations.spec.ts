import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { createApiKey } from '../../src/auth/api-keys.js';
import { LocalServer } from '../../src/cli/local-server.js';
import { CosmosEmulator } from '../fakes/cosmos/cosmos-emulator.js';
import { RedisServer, describeWithRedis } from '../support/redis.js';
import { TestCaller, TestServer, withoutSpeech } from '../support/test-server.js';

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of cleanUp.splice(0).toReversed()) await stop();
});

const hurried = { ...withoutSpeech, GREETING: 'off' };

/** One that answers in a word, and starts quickly. */
const quick = { ...withoutSpeech, GREETING: 'off', LLM_MODELS: 'scripted', SCRIPTED_LLM_TEXT: 'Fine.' };

function folder(): string {
  return mkdtempSync(path.join(tmpdir(), 'parley-kept-'));
}

async function talk(server: { url: string }, text: string, headers: Record<string, string> = {}): Promise<string> {
  const caller = await TestCaller.dial(server as TestServer, '', headers);
  const { session_id } = await caller.next('session_started');
  await caller.ask(text);
  await caller.hangUp();
  return session_id;
}

interface Answer {
  readonly status: number;
  readonly body: {
    readonly entries?: { id: string; at_ms: number; role: string; text?: string }[];
    readonly started_at?: string;
    readonly updated_at?: string;
    readonly end_reason?: string | null;
    readonly conversations?: { id: string }[];
    readonly status?: string;
  };
}

async function ask(
  server: { url: string },
  route: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Answer> {
  const response = await fetch(`${server.url}/api/v1/conversations${route}`, { method, headers });
  return { status: response.status, body: (await response.json().catch(() => ({}))) as Answer['body'] };
}

/** Conversations arrive a moment after what was said. */
async function arrived(
  server: { url: string },
  id: string,
  headers: Record<string, string> = {},
): Promise<Answer['body']> {
  const giveUpAt = performance.now() + 10_000;
  for (;;) {
    const { status, body } = await ask(server, `/${id}`, headers);
    if (status === 200 && body.status === 'completed') return body;
    if (performance.now() > giveUpAt) throw new Error(`It has not arrived: ${status} ${JSON.stringify(body)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('conversations', () => {
  it('outlive the server that had them, and are seen by their own tenant only', async () => {
    const keys = ['acme', 'bank'].map((tenant) => createApiKey({ id: tenant, tenant, role: 'operator' }));
    const API_KEYS_FILE = path.join(folder(), 'keys.yaml');
    writeFileSync(API_KEYS_FILE, stringify({ keys: keys.map(({ entry }) => entry) }));
    const [acme, bank] = keys.map(({ key }) => ({ authorization: `Bearer ${key}` })) as [object, object] as [
      Record<string, string>,
      Record<string, string>,
    ];
    const settings = { CONVERSATION_STORE: 'sqlite', DATA_DIR: folder(), API_KEYS_FILE, ...hurried };
    let server = await TestServer.start(settings);
    const id = await talk(server, 'my card was stolen', acme);
    await arrived(server, id, acme);
    await server.stop();

    server = await TestServer.start(settings);
    cleanUp.push(() => server.stop());
    const kept = await arrived(server, id, acme);
    expect(kept.entries![0]).toMatchObject({ role: 'caller', source: 'text', text: 'my card was stolen' });
    expect(kept.entries!.some(({ role, text }) => role === 'agent' && text!.length > 0)).toBe(true);
    expect((await ask(server, '', acme)).body.conversations).toMatchObject([
      { id, status: 'completed', tenant: 'acme' },
    ]);
    expect(JSON.stringify((await ask(server, '', acme)).body)).not.toContain('entries"');
    expect((await ask(server, '', bank)).body.conversations).toEqual([]);
    expect((await ask(server, `/${id}`, bank)).status).toBe(404);
    expect((await ask(server, `/${id}?tenant=acme`, bank)).status).toBe(404);
    expect((await ask(server, `/${id}`, bank, 'DELETE')).status).toBe(404);
    expect((await ask(server, `/${id}`, acme, 'DELETE')).status).toBe(204);
    expect((await ask(server, `/${id}`, acme)).status).toBe(404);
    expect((await ask(server, '?limit=0', acme)).status).toBe(400);
  });

  it('go on being written to Cosmos DB after it was away, by whoever is there then', async () => {
    const cosmos = await CosmosEmulator.start();
    cleanUp.push(() => cosmos.stop());
    const settings = { ...cosmos.settings, DATA_DIR: folder(), ...hurried, CONVERSATION_STORE_TIMEOUT_MS: '1000' };
    const first = await LocalServer.start(settings);
    const before = await talk(first, 'what can you do');
    await arrived(first, before);

    cosmos.fault = 'hangs';
    const during = await talk(first, 'my card was stolen');
    const journal = path.join(settings.DATA_DIR, 'journal', 'conversations');
    await eventually('the end of the call is in the journal', () => contentsOf(journal).includes('"processing"'));
    const readiness = (await (await fetch(`${first.url}/api/v1/readiness`)).json()) as { status: string };
    expect(['degraded', 'ready']).toContain(readiness.status);
    await first.stop('SIGKILL');

    cosmos.fault = 'none';
    const second = await LocalServer.start(settings);
    cleanUp.push(() => second.stop());
    const kept = await arrived(second, during);
    expect(kept.entries![0]).toMatchObject({ text: 'my card was stolen' });
    expect((await arrived(second, before)).entries!.length).toBeGreaterThan(0);
  }, 60_000);

  it.each(['is given up', 'is still thought to be there'])(
    'are whole when the caller has come back and the old connection %s',
    async (old) => {
      const server = await TestServer.start({ CONVERSATION_STORE: 'sqlite', DATA_DIR: folder(), ...quick });
      cleanUp.push(() => server.stop());
      const { id, startedAt } = await talkInTwoSessions(server, server, async (first) => {
        if (old === 'is given up') first.socket.terminate();
      });
      const entries = await expectAll(server, id, startedAt);
      const list = (await server.get('/api/v1/conversations')).body['conversations'] as Record<string, unknown>[];
      expect(list).toMatchObject([{ id, status: 'completed', end_reason: 'hangup', entry_count: entries }]);
    },
  );

  it('are whole when their connection was lost and the store was away in between', async () => {
    const cosmos = await CosmosEmulator.start();
    cleanUp.push(() => cosmos.stop());
    const settings = { ...cosmos.settings, DATA_DIR: folder(), CONVERSATION_STORE_TIMEOUT_MS: '400', ...quick };
    const server = await TestServer.start(settings);
    cleanUp.push(() => server.stop());
    const { id, startedAt } = await talkInTwoSessions(server, server, async (first) => {
      cosmos.fault = 'hangs';
      await first.ask('question 3');
      first.socket.terminate();
      await server.quiet();
    });
    cosmos.fault = 'none';
    await expectAll(server, id, startedAt, 4);
  });

  it('that were deleted do not come back while their calls go on, nor from disk', async () => {
    const cosmos = await CosmosEmulator.start();
    cleanUp.push(() => cosmos.stop());
    const settings = { ...cosmos.settings, DATA_DIR: folder(), CONVERSATION_STORE_TIMEOUT_MS: '400', ...quick };
    const server = await TestServer.start(settings);
    cleanUp.push(() => server.stop());
    const caller = await TestCaller.dial(server);
    const { session_id: id } = await caller.next('session_started');
    await caller.ask('my pin is 1234');
    await eventually('it is kept', async () => (await ask(server, `/${id}`)).status === 200);
    expect((await ask(server, `/${id}`, {}, 'DELETE')).status).toBe(204);
    await caller.ask('my pin is 1234');

    cosmos.fault = 503;
    const during = await talk(server, 'my pin is 5678');
    const journal = path.join(settings.DATA_DIR, 'journal', 'conversations');
    await eventually('it is on disk', () => contentsOf(journal).includes('5678'));
    // The store cannot say whether it has any of it: this is to be done again.
    expect((await ask(server, `/${during}`, {}, 'DELETE')).status).toBe(503);
    expect(contentsOf(journal)).not.toContain('5678');
    cosmos.fault = 'none';
    await caller.ask('my pin is 1234');
    await caller.hangUp();
    const last = await talk(server, 'how are you');
    await arrived(server, last);
    await eventually('nothing waits', () => contentsOf(journal) === '');
    expect((await ask(server, '')).body.conversations!.map((one) => one.id)).toEqual([last]);
  });
});

describeWithRedis('conversations of two replicas', () => {
  it('are whole when the caller comes back to the other one, and do not come back when they are deleted there', async () => {
    const [redis, cosmos] = await Promise.all([RedisServer.start(), CosmosEmulator.start()]);
    cleanUp.push(
      () => redis.stop(),
      () => cosmos.stop(),
    );
    const settings = { ...cosmos.settings, REDIS_URL: redis.url, CONVERSATION_STORE_TIMEOUT_MS: '1000', ...quick };
    const a = await TestServer.start({ ...settings, DATA_DIR: folder() });
    cleanUp.push(() => a.stop());
    const b = await TestServer.start({ ...settings, DATA_DIR: folder() });
    cleanUp.push(() => b.stop());
    const { id, startedAt } = await talkInTwoSessions(a, b, () => Promise.resolve());
    await expectAll(a, id, startedAt);

    const caller = await TestCaller.dial(a);
    const { session_id: live } = await caller.next('session_started');
    await caller.ask('question 1');
    await eventually('it is kept', async () => (await ask(b, `/${live}`)).status === 200);
    expect((await ask(b, `/${live}`, {}, 'DELETE')).status).toBe(204);
    await caller.ask('question 2');
    await caller.hangUp();
    await arrived(a, await talk(a, 'how are you'));
    expect((await ask(b, `/${live}`)).status).toBe(404);
  });
});

/** Two questions, something that happens to the connection, and one more question on another one. */
async function talkInTwoSessions(
  before: TestServer,
  after: TestServer,
  lose: (first: TestCaller) => Promise<void>,
): Promise<{ id: string; startedAt: number }> {
  const startedAt = Date.now();
  const first = await TestCaller.dial(before);
  const { session_id: id } = await first.next('session_started');
  for (const text of ['question 1', 'question 2']) await first.ask(text);
  await lose(first);
  const second = await TestCaller.dial(after, `?resume=${await first.token()}`);
  expect(await second.next('session_started')).toMatchObject({ session_id: id, resumed: true });
  await second.ask('the last question');
  await second.hangUp();
  return { id, startedAt };
}

/** All that was said is there, in order, each once: so many entries. More than two for a question, when its answer took long. */
async function expectAll(server: TestServer, id: string, startedAt: number, questions = 3): Promise<number> {
  await eventually('the conversation is over', async () => {
    const { body } = await ask(server, `/${id}`);
    return body.status === 'completed' && body.end_reason === 'hangup';
  });
  const { body } = await ask(server, `/${id}`);
  const entries = body.entries!;
  expect(entries.filter(({ role }) => role === 'caller').map(({ text }) => text)).toEqual([
    ...Array.from({ length: questions - 1 }, (_, index) => `question ${index + 1}`),
    'the last question',
  ]);
  expect(entries.map(({ role }) => role).join()).toMatch(/^(caller(,agent)+,?)+$/);
  expect(new Set(entries.map((entry) => entry.id)).size).toBe(entries.length);
  const times = entries.map(({ at_ms }) => at_ms);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  const [began, ended] = [body.started_at, body.updated_at].map((time) => Date.parse(time!)) as [number, number];
  expect(began).toBeGreaterThanOrEqual(startedAt);
  expect(ended - began).toBeGreaterThanOrEqual(times.at(-1)!);
  expect(ended).toBeLessThanOrEqual(Date.now());
  return entries.length;
}

function contentsOf(directory: string): string {
  try {
    const names = readdirSync(directory).filter((name) => name.endsWith('.json'));
    return names.map((name) => readFileSync(path.join(directory, name), 'utf8').replaceAll('\\', '')).join('\n');
  } catch {
    return '';
  }
}

async function eventually(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 10_000;
  while (!(await is())) {
    if (performance.now() > giveUpAt) throw new Error(`Not within 10 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
