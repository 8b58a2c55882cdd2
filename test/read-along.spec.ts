import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createApiKey } from '../src/auth/api-keys.js';
import { TestCaller, TestServer, withoutSpeech } from './support/test-server.js';
import { TranscriptReader } from './support/transcript-reader.js';

const operator = createApiKey({ id: 'olga', tenant: 'acme', role: 'operator' });
const other = createApiKey({ id: 'bert', tenant: 'bank', role: 'operator' });
const integrator = createApiKey({ id: 'crm', tenant: 'acme', role: 'integrator' });
const admin = createApiKey({ id: 'root', tenant: 'bank', role: 'admin' });

let folder: string;
let server: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'parley-read-along-'));
  const keys = path.join(folder, 'keys.yaml');
  await writeFile(keys, JSON.stringify({ keys: [operator, other, integrator, admin].map(({ entry }) => entry) }));
  server = await TestServer.start({ ...withoutSpeech, GREETING: 'off', API_KEYS_FILE: keys, DATA_DIR: folder });
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const call = async (): Promise<{ caller: TestCaller; id: string }> => {
  const caller = await TestCaller.dial(server, `?token=${integrator.key}`);
  return { caller, id: (await caller.next('session_started')).session_id };
};

describe('a call that goes on', () => {
  it('can be read along: first all that was said, then what is new, and that it is over', async () => {
    const { caller, id } = await call();
    await caller.ask('what are your opening hours');
    const reader = await TranscriptReader.open(server, id, operator.key);
    const [asked, answered] = await reader.until(2);
    expect(asked).toMatchObject({ role: 'caller', source: 'text', text: 'what are your opening hours' });
    expect(answered).toMatchObject({
      role: 'agent',
      agent: 'concierge',
      text: expect.stringContaining('nine to five'),
    });
    await caller.ask('what is my balance');
    expect(await reader.until(2)).toMatchObject([{ role: 'caller', text: 'what is my balance' }, { role: 'agent' }]);
    await caller.hangUp();
    let news = await reader.next();
    while (news.event !== 'over') news = await reader.next();
    await expect(reader.next()).rejects.toThrow('there is no more');
  });

  it('is told as it is kept: without cards', async () => {
    const { caller, id } = await call();
    await caller.ask('my card is 4111 1111 1111 1111');
    const reader = await TranscriptReader.open(server, id, operator.key);
    const said = JSON.stringify(await reader.until(2));
    expect(said).toContain('my card is [card]');
    expect(said).not.toContain('4111');
    reader.leave();
    await caller.hangUp();
  });

  it('is nobody’s business but that of operators of its tenant, and of admins', async () => {
    const { caller, id } = await call();
    expect((await TranscriptReader.open(server, id, other.key)).status).toBe(404);
    expect((await TranscriptReader.open(server, id, integrator.key)).status).toBe(403);
    expect((await TranscriptReader.open(server, id, 'nobody')).status).toBe(401);
    expect((await TranscriptReader.open(server, 'another', operator.key)).status).toBe(404);
    const allowed = await TranscriptReader.open(server, id, admin.key);
    expect(allowed.status).toBe(200);
    allowed.leave();
    await caller.hangUp();
  });

  it('is not told of what is said in a pause', async () => {
    const { caller, id } = await call();
    const reader = await TranscriptReader.open(server, id, operator.key);
    await caller.ask('what are your opening hours');
    caller.send({ type: 'pause' });
    await caller.next('paused');
    caller.send({ type: 'user_message', text: 'the secret is swordfish' });
    caller.send({ type: 'resume' });
    await caller.next('resumed');
    await caller.ask('what is my balance');
    const said = await reader.until(4);
    expect(said.filter(({ role }) => role === 'caller')).toMatchObject([
      { text: 'what are your opening hours' },
      { text: 'what is my balance' },
    ]);
    reader.leave();
    await caller.hangUp();
  });

  it('leaves room for others, however many one credential follows', async () => {
    const { caller, id } = await call();
    const follow = (key: string): Promise<TranscriptReader> => TranscriptReader.open(server, id, key);
    const readers = await Promise.all(Array.from({ length: 10 }, () => follow(operator.key)));
    expect(readers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    const headers = { authorization: `Bearer ${operator.key}` };
    const refused = await fetch(`${server.url}/api/v1/sessions/${id}/transcript`, { headers });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5']);
    expect(await refused.json()).toMatchObject({ error: { message: expect.stringContaining('this credential') } });
    const another = await follow(admin.key);
    expect(another.status).toBe(200);
    readers.pop()!.leave();
    let again = await follow(operator.key);
    while (again.status !== 200) again = await follow(operator.key);
    for (const reader of [...readers, another, again]) reader.leave();
    await caller.hangUp();
  });

  it('has in the audit log who reads along, from the beginning on', async () => {
    const { caller, id } = await call();
    const reader = await TranscriptReader.open(server, id, operator.key);
    await reader.next();
    const audit = path.join(folder, 'audit');
    const [file] = await readdir(audit);
    const lines = (await readFile(path.join(audit, file!), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { object: string });
    expect(lines.filter(({ object }) => object === id)).toMatchObject([
      { who: 'olga', action: 'GET /api/v1/sessions/:id/transcript', result: 'begun' },
    ]);
    reader.leave();
    await caller.hangUp();
  });
});
