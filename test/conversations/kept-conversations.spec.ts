import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { createApiKey } from '../../src/auth/api-keys.js';
import { LocalServer } from '../../src/cli/local-server.js';
import { CosmosEmulator } from '../fakes/cosmos/cosmos-emulator.js';
import { TestCaller, TestServer, withoutSpeech } from '../support/test-server.js';

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of cleanUp.splice(0).toReversed()) await stop();
});

const hurried = { ...withoutSpeech, GREETING: 'off' };

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
    readonly entries?: { role: string; text?: string }[];
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
    expect(JSON.stringify((await ask(server, '', acme)).body)).not.toContain('stolen');
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
    await eventually('the end of the call is in the journal', () => contentsOf(journal).includes('"completed'));
    const readiness = (await (await fetch(`${first.url}/api/v1/readiness`)).json()) as { status: string };
    expect(['degraded', 'ready']).toContain(readiness.status);
    await first.stop('SIGKILL');

    cosmos.fault = 'none';
    const second = await LocalServer.start(settings);
    cleanUp.push(() => second.stop());
    const kept = await arrived(second, during);
    expect(kept.entries![0]).toMatchObject({ text: 'my card was stolen' });
    expect((await arrived(second, before)).entries!.length).toBeGreaterThan(0);
  });
});

function contentsOf(directory: string): string {
  try {
    const names = readdirSync(directory).filter((name) => name.endsWith('.json'));
    return names.map((name) => readFileSync(path.join(directory, name), 'utf8').replaceAll('\\', '')).join('\n');
  } catch {
    return '';
  }
}

async function eventually(what: string, is: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 10_000;
  while (!is()) {
    if (performance.now() > giveUpAt) throw new Error(`Not within 10 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
