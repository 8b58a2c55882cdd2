import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createApiKey } from '../src/auth/api-keys.js';
import { TestCaller, TestServer, withoutSpeech } from './support/test-server.js';

const operator = createApiKey({ id: 'olga', tenant: 'acme', role: 'operator' });
const integrator = createApiKey({ id: 'crm', tenant: 'acme', role: 'integrator' });

let folder: string;
let agents: string;
let server: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'parley-reload-'));
  agents = path.join(folder, 'agents');
  await cp('agents', agents, { recursive: true });
  const keys = path.join(folder, 'keys.yaml');
  await writeFile(keys, JSON.stringify({ keys: [operator, integrator].map(({ entry }) => entry) }));
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
    const { status, body } = await reload(operator.key);
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
    const { status, body } = await reload(operator.key);
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

  it('are the business of operators', async () => {
    expect((await reload(integrator.key)).status).toBe(403);
  });
});
