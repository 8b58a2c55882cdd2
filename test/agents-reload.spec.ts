import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createApiKey } from '../src/auth/api-keys.js';
import { TestCaller, TestServer, withoutSpeech } from './support/test-server.js';

const admin = createApiKey({ id: 'root', tenant: 'ops', role: 'admin' });
const operator = createApiKey({ id: 'olga', tenant: 'acme', role: 'operator' });
const integrator = createApiKey({ id: 'crm', tenant: 'acme', role: 'integrator' });

/** A thousand million entries, if they were written out. */
const aliasesOfAliases = Array.from({ length: 9 }, (_, i) =>
  i === 0
    ? 'a0: &a0 [x]'
    : `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
).join('\n');

let folder: string;
let agents: string;
let server: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'parley-reload-'));
  agents = path.join(folder, 'agents');
  await cp('agents', agents, { recursive: true });
  const keys = path.join(folder, 'keys.yaml');
  await writeFile(keys, JSON.stringify({ keys: [admin, operator, integrator].map(({ entry }) => entry) }));
  server = await TestServer.start({
    ...withoutSpeech,
    GREETING: 'off',
    AGENTS_DIR: agents,
    API_KEYS_FILE: keys,
    DATA_DIR: folder,
  });
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function reload(key: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = { authorization: `Bearer ${key}` };
  const response = await fetch(`${server.url}/api/v1/agents/reload`, { method: 'POST', headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const asked = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });

async function change(file: string, from: string | RegExp, to: string): Promise<void> {
  const place = path.join(agents, file);
  const before = await readFile(place, 'utf8');
  const after = before.replaceAll(from, to);
  expect(after).not.toBe(before);
  await writeFile(place, after);
}

const dial = (): Promise<TestCaller> => TestCaller.dial(server, `?token=${integrator.key}`);

describe('agents that are read again', () => {
  it('answer the calls that begin then; those that go on keep theirs', async () => {
    const before = await dial();
    await before.ask('what are your opening hours');
    const old = before.answers().at(-1)!;
    await change('concierge/agent.yaml', 'nine to five', 'noon to one');
    const { status, body } = await reload(admin.key);
    expect(status).toBe(200);
    expect(body).toMatchObject({ agents: expect.arrayContaining(['concierge']), added: [], removed: [] });

    const after = await dial();
    await after.ask('what are your opening hours');
    expect(after.answers().at(-1)).toContain('noon to one');
    await before.ask('what are your opening hours');
    expect(before.answers().at(-1)).toBe(old);
    await before.hangUp();
    await after.hangUp();
  });

  it('are those of before where a file is not valid, and every fault is named', async () => {
    const place = path.join(agents, 'concierge', 'agent.yaml');
    const valid = await readFile(place, 'utf8');
    await writeFile(place, valid.replace(/^description: .*$/m, 'description: 7\nnonsense: true'));
    const { status, body } = await reload(admin.key);
    expect(status).toBe(422);
    const { message } = body['error'] as { message: string };
    expect(message).toMatch(/nothing has changed.*concierge\/agent\.yaml:\d+:\d+.*nonsense/s);
    expect(message).not.toContain(folder);
    const caller = await dial();
    await caller.ask('what are your opening hours');
    expect(caller.answers()).toHaveLength(1);
    await caller.hangUp();
    await writeFile(place, valid);
  });

  it.each<[string, () => Promise<void>, RegExp]>([
    [
      'a file that grows without end when it is read',
      () => writeFile(path.join(agents, 'concierge', 'agent.yaml'), aliasesOfAliases),
      /nothing has changed: agents\/concierge\/agent\.yaml:1:1 .*alias/,
    ],
    [
      'a file that is nested beyond all measure',
      () => writeFile(path.join(agents, 'concierge', 'agent.yaml'), '['.repeat(50_000)),
      /nothing has changed: agents\/concierge\/agent\.yaml:1:1 is nested too deeply/,
    ],
    [
      'a folder in the place of a file',
      async () => {
        await rm(path.join(agents, 'concierge', 'prompt.md'));
        await mkdir(path.join(agents, 'concierge', 'prompt.md'));
      },
      /nothing has changed: .*agents\/concierge\/prompt\.md:1:1 cannot be read \(EISDIR\)/,
    ],
    ['no folder', () => rm(agents, { recursive: true }), /AGENTS_DIR .* nothing has changed/],
    ['a file in its place', () => rm(agents, { recursive: true }).then(() => writeFile(agents, '')), /AGENTS_DIR/],
  ])('are those of before where there is %s', async (_, spoil, words) => {
    await cp(agents, `${agents}.whole`, { recursive: true });
    const before = await server.get('/api/v1/agents', asked(integrator.key));
    await spoil();
    const { status, body } = await reload(admin.key);
    const { message } = body['error'] as { message: string };
    expect([status, message]).toEqual([422, expect.stringMatching(words)]);
    expect(message).not.toContain(folder);
    expect(await server.get('/api/v1/agents', asked(integrator.key))).toEqual(before);
    await rm(agents, { recursive: true, force: true });
    await rename(`${agents}.whole`, agents);
  });

  it('have a version, by which replicas can be compared', async () => {
    const before = (await reload(admin.key)).body['version'];
    expect(before).toMatch(/^[0-9a-f]{12}$/);
    expect((await reload(admin.key)).body['version']).toBe(before);
    const prompt = path.join(agents, 'concierge', 'prompt.md');
    const text = await readFile(prompt, 'utf8');
    await writeFile(prompt, `${text}Be brief.\n`);
    expect((await reload(admin.key)).body['version']).not.toBe(before);
    await writeFile(prompt, text);
    expect((await reload(admin.key)).body['version']).toBe(before);
    const shown = await server.get('/api/v1/agents', asked(integrator.key));
    expect(shown.body).toMatchObject({ replica: expect.any(String), version: before });
    const readiness = await server.get('/api/v1/readiness', asked(operator.key));
    const details = { agents: 3, scenarios: 1, version: before };
    expect(readiness.body['checks']).toContainEqual(expect.objectContaining({ component: 'agents', details }));
  });

  it('are the business of admins, for they are those of all tenants', async () => {
    expect((await reload(operator.key)).status).toBe(403);
    expect((await reload(integrator.key)).status).toBe(403);
  });
});
