import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createApiKey } from '../src/auth/api-keys.js';
import type { ConversationEntry } from '../src/services/conversations/conversation-record.js';
import { TestCaller, TestServer, withoutSpeech } from './support/test-server.js';

const operator = createApiKey({ id: 'olga', tenant: 'acme', role: 'operator' });
const other = createApiKey({ id: 'bert', tenant: 'bank', role: 'operator' });
const integrator = createApiKey({ id: 'crm', tenant: 'acme', role: 'integrator' });
const admin = createApiKey({ id: 'root', tenant: 'bank', role: 'admin' });

interface News {
  readonly event: string;
  readonly data: { readonly entries?: ConversationEntry[]; readonly agent?: string; readonly state?: string };
}

/** What an operator is told of a call, as it comes. */
class Reader {
  private readonly gone = new AbortController();
  private constructor(
    readonly status: number,
    private readonly news: AsyncIterator<News>,
  ) {}

  static async open(server: TestServer, id: string, key: string): Promise<Reader> {
    const gone = new AbortController();
    const response = await fetch(`${server.url}/api/v1/sessions/${id}/transcript`, {
      headers: { authorization: `Bearer ${key}` },
      signal: gone.signal,
    });
    if (response.status !== 200) await response.body?.cancel();
    else expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const reader = new Reader(response.status, newsIn(response));
    reader.gone.signal.addEventListener('abort', () => gone.abort());
    return reader;
  }

  /** All that was said, once it has that many entries. */
  async until(entries: number): Promise<ConversationEntry[]> {
    const said: ConversationEntry[] = [];
    while (said.length < entries) said.push(...((await this.next()).data.entries ?? []));
    return said;
  }

  async next(): Promise<News> {
    const { value, done } = await this.news.next();
    if (done) throw new Error('there is no more');
    return value;
  }

  leave(): void {
    this.gone.abort();
  }
}

async function* newsIn(response: Response): AsyncGenerator<News> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const parts = text.split('\n\n');
    text = parts.pop()!;
    for (const part of parts) {
      const [, event = '', data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(part) ?? [];
      if (event !== '') yield { event, data: JSON.parse(data) as News['data'] };
    }
  }
}

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
    const reader = await Reader.open(server, id, operator.key);
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
    const reader = await Reader.open(server, id, operator.key);
    const said = JSON.stringify(await reader.until(2));
    expect(said).toContain('my card is [card]');
    expect(said).not.toContain('4111');
    reader.leave();
    await caller.hangUp();
  });

  it('is nobody’s business but that of operators of its tenant, and of admins', async () => {
    const { caller, id } = await call();
    expect((await Reader.open(server, id, other.key)).status).toBe(404);
    expect((await Reader.open(server, id, integrator.key)).status).toBe(403);
    expect((await Reader.open(server, id, 'nobody')).status).toBe(401);
    expect((await Reader.open(server, 'another', operator.key)).status).toBe(404);
    const allowed = await Reader.open(server, id, admin.key);
    expect(allowed.status).toBe(200);
    allowed.leave();
    await caller.hangUp();
  });

  it('is not told of what is said in a pause', async () => {
    const { caller, id } = await call();
    const reader = await Reader.open(server, id, operator.key);
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

  it('has in the audit log who reads along, from the beginning on', async () => {
    const { caller, id } = await call();
    const reader = await Reader.open(server, id, operator.key);
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
