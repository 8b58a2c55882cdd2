import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createApiKey } from '../../src/auth/api-keys.js';
import { JobQueue } from '../../src/pusher/jobs/job-queue.js';
import { Recordings } from '../../src/services/archive/recordings.js';
import type { ConversationRecord } from '../../src/services/conversations/conversation-record.js';
import { Conversations } from '../../src/services/conversations/conversations.js';
import { record } from '../../src/services/conversations/testing/writer-bench.js';
import { People } from '../../src/services/people/people.js';
import { TestServer, withoutSpeech } from '../support/test-server.js';
import { segment } from './link-bench.js';

const SAID = 'what nobody is to read';
type Headers = Record<string, string>;

let folder: string;
let server: TestServer;
let lines: string[];
let headers: Record<'acme' | 'bank' | 'admin' | 'integrator', Headers>;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'parley-erased-'));
  const made = (['acme', 'bank', 'admin', 'integrator'] as const).map((id) => {
    const role = id === 'admin' || id === 'integrator' ? id : 'operator';
    return { id, ...createApiKey({ id: `key-of-${id}`, tenant: id === 'integrator' ? 'acme' : id, role }) };
  });
  writeFileSync(path.join(folder, 'keys.yaml'), JSON.stringify({ keys: made.map(({ entry }) => entry) }));
  headers = Object.fromEntries(
    made.map(({ id, key }) => [id, { authorization: `Bearer ${key}`, 'content-type': 'application/json' }]),
  ) as unknown as typeof headers;
  server = await TestServer.start({
    ...withoutSpeech,
    PARLEY_ROLE: 'pusher',
    PUSHER_SECRET: '0123456789abcdef',
    API_KEYS_FILE: path.join(folder, 'keys.yaml'),
    CONVERSATION_STORE: 'sqlite',
    DATA_DIR: path.join(folder, 'data'),
    JOB_ATTEMPTS: '1',
    POST_CALL: 'off',
  });
  lines = [];
  const write = (line: string, context: string): void => void lines.push(`${context}: ${line}`);
  server.app.useLogger({ log: write, error: write, warn: write, debug: write });
});
afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const of = <T>(type: abstract new (...args: never[]) => T): T => server.app.get(type, { strict: false });

async function keep(id: string, startedAt: string, people: Record<string, string> = {}, tenant = 'acme') {
  const [personId] = Object.keys(people);
  const listened: ConversationRecord['listened'] = {
    owner: 's1',
    language: 'en',
    source: null,
    channels: 2,
    consent: 'granted',
    segments: [{ ...segment('s1', SAID), person_id: personId ?? null }],
    gaps: [],
    people,
  };
  const kept = record(id, [], { tenant, startedAt, status: 'completed', kind: 'listen', listened });
  await of(Conversations).change(tenant, id, () => kept);
  const files = await of(Recordings).files();
  for (const name of ['000000000.wav', '000060000.wav'])
    await files.put(tenant, id, name, Buffer.from(SAID), 'audio/wav');
}

async function erase(body: unknown, as: Headers = headers.acme, query = '') {
  const answer = await fetch(`${server.url}/api/v1/privacy/erase${query}`, {
    method: 'POST',
    headers: as,
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const left = async (tenant = 'acme'): Promise<string[]> =>
  (await of(Conversations).list({ tenant, limit: 200, before: undefined })).map(({ id }) => id).sort();
const filesLeft = async (id: string, tenant = 'acme'): Promise<number> =>
  (await of(Recordings).list(tenant, id)).length;

describe('what is to be erased', () => {
  it('goes with all that belongs to it, once and for all', async () => {
    for (const id of ['c1', 'c2', 'c3']) await keep(id, '2026-01-01T00:00:00.000Z');
    const queue = of(JobQueue);
    for (const id of ['c1', 'c3'])
      await queue.put({ id: `dead.${id}`, kind: 'webhook', payload: { tenant: 'acme', conversationId: id } });
    while ((await queue.counts()).dead < 2) await new Promise((resolve) => setImmediate(resolve));
    const at = '2026-01-01T00:00:00Z';
    const learnt = { id: 'x', conversationId: 'c1', learnedAt: at, embedding: Float32Array.of(1) };
    await of(People).learn('acme', { personId: 'p1', name: 'Ada', model: 'm' }, learnt, at);
    await of(People).learn('acme', { personId: 'p2', name: 'Bob', model: 'm' }, learnt, at);
    await of(People).learn(
      'acme',
      { personId: 'p2', name: 'Bob', model: 'm' },
      { ...learnt, id: 'y', conversationId: 'c3' },
      at,
    );

    const answer = await erase({ conversation_ids: ['c1', 'c2', 'c1', 'never-was'] });
    expect(answer).toEqual({
      status: 200,
      body: {
        erased: { conversations: 2, recordings: 4, dead_letters: 1, voices: 2 },
        conversation_ids: ['c1', 'c2'],
        next: null,
      },
    });
    expect([await left(), await filesLeft('c1'), await filesLeft('c3')]).toEqual([['c3'], 0, 2]);
    expect((await queue.dead(10)).map(({ id }) => id)).toEqual(['dead.c3']);
    expect((await of(People).known('acme')).map(({ personId, samples }) => [personId, samples.length])).toEqual([
      ['p2', 1],
    ]);

    // What is still on its way does not come back.
    expect(
      await of(Recordings).deliver({ tenant: 'acme', conversationId: 'c1', name: '000120000.wav' }, Buffer.from(SAID)),
    ).toBe('removed');
    expect(await of(Conversations).change('acme', 'c1', () => record('c1', []))).toBeUndefined();
    expect((await erase({ conversation_ids: ['c1', 'c2'] })).body).toMatchObject({
      erased: { conversations: 0, recordings: 0, dead_letters: 0, voices: 0 },
      conversation_ids: [],
    });
  });

  it('is what somebody has said, and their voice', async () => {
    await keep('with', '2026-01-01T00:00:00.000Z', { p1: 'Ada' });
    await keep('without', '2026-01-02T00:00:00.000Z', { p2: 'Bob' });
    const at = '2026-01-01T00:00:00Z';
    const learnt = {
      id: 'x',
      conversationId: 'earlier',
      learnedAt: at,
      embedding: Float32Array.of(1),
    };
    await of(People).learn('acme', { personId: 'p1', name: 'Ada', model: 'm' }, learnt, at);
    expect((await erase({ person_id: 'p1' })).body).toMatchObject({
      erased: { conversations: 1, recordings: 2, voices: 1 },
      conversation_ids: ['with'],
      next: null,
    });
    expect([await left(), await of(People).known('acme')]).toEqual([['without'], []]);
    expect((await erase({ person_id: 'constructor' })).body).toMatchObject({ conversation_ids: [] });
  });

  it('is all that is older, some at a time', async () => {
    const conversations = of(Conversations);
    for (let i = 0; i < 450; i++) {
      // Several at the same time.
      const startedAt = new Date(Date.UTC(2026, 0, 1) + Math.floor(i / 150)).toISOString();
      await conversations.change('acme', `c${i}`, () => record(`c${i}`, [], { startedAt }));
    }
    await keep('later', '2026-02-01T00:00:00.000Z');
    let cursor: unknown;
    let requests = 0;
    let erased = 0;
    do {
      const { body } = await erase({ before: '2026-02-01T01:00:00+01:00', ...(cursor ? { cursor } : {}) });
      erased += (body['erased'] as { conversations: number }).conversations;
      cursor = body['next'];
      requests++;
    } while (cursor && requests < 10);
    expect([erased, await left()]).toEqual([450, ['later']]);
    expect(requests).toBeLessThanOrEqual(4);
  }, 60_000);

  it('is of the own tenant, for operators; an admin may name another', async () => {
    await keep('c1', '2026-01-01T00:00:00.000Z');
    expect((await erase({ conversation_ids: ['c1'] }, headers.bank)).body).toMatchObject({ conversation_ids: [] });
    expect((await erase({ conversation_ids: ['c1'] }, headers.bank, '?tenant=acme')).body).toMatchObject({
      conversation_ids: [],
    });
    expect((await erase({ conversation_ids: ['c1'] }, headers.integrator)).status).toBe(403);
    expect((await erase({ conversation_ids: ['c1'] }, { 'content-type': 'application/json' })).status).toBe(401);
    expect(await left()).toEqual(['c1']);
    expect((await erase({ conversation_ids: ['c1'] }, headers.admin, '?tenant=acme')).body).toMatchObject({
      conversation_ids: ['c1'],
    });
  });

  it.each([
    [{}],
    [{ conversation_ids: [] }],
    [{ conversation_ids: ['c1'], before: '2026-01-01T00:00:00Z' }],
    [{ conversation_ids: ['../c1'] }],
    [{ before: 'yesterday' }],
    [{ everything: true }],
    [[]],
  ])('has to be said exactly: %j', async (body) => {
    const answer = await erase(body);
    expect([answer.status, (answer.body as { error: { code: string } }).error.code]).toEqual([
      400,
      'invalid_parameter',
    ]);
  });

  it('is in the log by who asked and how much it was, without what it was', async () => {
    await keep('c1', '2026-01-01T00:00:00.000Z', { p1: 'Ada' });
    await erase({ person_id: 'p1' });
    expect(lines.filter((line) => line.startsWith('Audit: '))).toEqual([
      'Audit: "key-of-acme" (operator) erases data of tenant "acme" by person: begun',
      'Audit: "key-of-acme" (operator) erases data of tenant "acme" by person: done, 1 conversations, 2 files of recordings, 0 dead letters, 0 voices',
      'Audit: "key-of-acme" (operator of "acme") POST /api/v1/privacy/erase person f64551fcd6f0: 200',
    ]);
    expect(lines.join('\n')).not.toMatch(new RegExp(`${SAID}|Ada|\\bp1\\b`));
  });
});
