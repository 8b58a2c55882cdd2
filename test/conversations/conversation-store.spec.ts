import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CosmosClient } from '@azure/cosmos';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConversationsConfig } from '../../src/config/conversations.config.js';
import { loadConfig } from '../../src/config/load.js';
import { ManualClock, SystemClock } from '../../src/kernel/clock.js';
import { type ConversationRecord, summaryOf } from '../../src/services/conversations/conversation-record.js';
import type { ConversationStore } from '../../src/services/conversations/conversation-store.js';
import { CosmosConversationStore } from '../../src/services/conversations/cosmos/cosmos-conversation-store.js';
import { SqliteConversations } from '../../src/services/conversations/sqlite/sqlite-conversations.js';
import { SqliteConversationStore } from '../../src/services/conversations/sqlite/sqlite-conversation-store.js';
import { CosmosEmulator } from '../fakes/cosmos/cosmos-emulator.js';

const DAY_MS = 86_400_000;
const signal = new AbortController().signal;

function configOf(env: NodeJS.ProcessEnv): ConversationsConfig {
  return loadConfig(env).values.get(ConversationsConfig) as ConversationsConfig;
}

function record(id: string, changes: Partial<ConversationRecord> = {}): ConversationRecord {
  return {
    id,
    kind: 'voice',
    tenant: 'acme',
    scenario: 'banking',
    agent: 'concierge',
    status: 'in_progress',
    startedAt: '2026-11-20T10:00:00.000Z',
    updatedAt: '2026-11-20T10:00:01.000Z',
    endReason: null,
    entries: [
      { id: 'turn_1', at_ms: 900, role: 'caller', source: 'voice', text: 'what is my balance', rejected: false },
    ],
    ...changes,
  };
}

let cosmos: CosmosEmulator;
beforeAll(async () => {
  cosmos = await CosmosEmulator.start();
});
afterAll(() => cosmos.stop());

let database = 0;
const stores: [string, () => Promise<ConversationStore>][] = [
  [
    'SQLite',
    () => {
      const DATA_DIR = mkdtempSync(path.join(tmpdir(), 'parley-store-'));
      return Promise.resolve(new SqliteConversationStore(configOf({ DATA_DIR }), new SystemClock(), '/'));
    },
  ],
  [
    'Cosmos DB',
    () => CosmosConversationStore.create(configOf({ ...cosmos.settings, COSMOS_DATABASE: `tests-${++database}` })),
  ],
];

describe.each(stores)('conversations in %s', (_, create) => {
  let store: ConversationStore;
  beforeEach(async () => {
    store = await create();
    await store.start(signal);
  });
  afterEach(() => store.close());

  it('come back as they were written, to their own tenant', async () => {
    const version = await store.put(record('a'), undefined);
    expect(await store.get('acme', 'a')).toEqual({ record: record('a'), version });
    expect(await store.get('bank', 'a')).toBeUndefined();
    expect(await store.get('acme', 'b')).toBeUndefined();
    await store.put(record('a', { tenant: 'bank', agent: 'teller' }), undefined);
    expect((await store.get('bank', 'a'))?.record.agent).toBe('teller');
    expect((await store.get('acme', 'a'))?.record.agent).toBe('concierge');
  });

  it('change only for who knows what they are', async () => {
    const first = await store.put(record('a'), undefined);
    await expect(store.put(record('a'), undefined)).rejects.toMatchObject({ code: 'conflict' });
    const second = await store.put(record('a', { status: 'completed' }), first);
    expect(second).not.toBe(first);
    await expect(store.put(record('a'), first)).rejects.toMatchObject({ code: 'conflict' });
    expect((await store.get('acme', 'a'))?.record.status).toBe('completed');
    const race = await Promise.allSettled(
      [1, 2, 3].map((turn) => store.put(record('a', { agent: `agent_${turn}` }), second)),
    );
    expect(race.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('are listed by tenant, the newest first, without what was said', async () => {
    for (const [index, tenant] of ['acme', 'bank', 'acme', 'acme'].entries())
      await store.put(record(`c${index}`, { tenant, startedAt: `2026-11-20T1${index}:00:00.000Z` }), undefined);
    const list = async (query: object) =>
      (await store.list({ tenant: undefined, limit: 10, before: undefined, ...query })).map(({ id }) => id);
    expect(await list({ tenant: 'acme' })).toEqual(['c3', 'c2', 'c0']);
    expect(await list({ tenant: 'acme', limit: 2 })).toEqual(['c3', 'c2']);
    expect(await list({ tenant: 'acme', before: '2026-11-20T12:00:00.000Z' })).toEqual(['c0']);
    expect(await list({})).toEqual(['c3', 'c2', 'c1', 'c0']);
    const [newest] = await store.list({ tenant: 'acme', limit: 1, before: undefined });
    expect(newest).toEqual(summaryOf(record('c3', { startedAt: '2026-11-20T13:00:00.000Z' })));
  });

  it('are found when nobody goes on with them', async () => {
    const statuses = ['in_progress', 'processing', 'completed', 'discarded'] as const;
    for (const [index, status] of statuses.entries())
      await store.put(record(status, { status, updatedAt: `2026-11-20T10:00:0${index}.000Z` }), undefined);
    await store.put(record('other', { tenant: 'bank', updatedAt: '2026-11-20T09:00:00.000Z' }), undefined);
    const found = async (updatedBefore: string, limit = 10) =>
      (await store.unfinished({ updatedBefore, limit })).map(({ tenant, id }) => `${tenant}/${id}`);
    expect(await found('2026-11-20T11:00:00.000Z')).toEqual(['bank/other', 'acme/in_progress', 'acme/processing']);
    expect(await found('2026-11-20T10:00:01.000Z')).toEqual(['bank/other', 'acme/in_progress']);
    expect(await found('2026-11-20T11:00:00.000Z', 1)).toEqual(['bank/other']);
    const next = { updatedBefore: '2026-11-20T11:00:00.000Z', updatedSince: '2026-11-20T10:00:00.000Z', limit: 10 };
    expect((await store.unfinished(next)).map(({ id }) => id)).toEqual(['in_progress', 'processing']);
  });

  it('can be removed', async () => {
    await store.put(record('a'), undefined);
    expect(await store.remove('bank', 'a')).toBe(false);
    expect(await store.remove('acme', 'a')).toBe(true);
    expect(await store.remove('acme', 'a')).toBe(false);
    expect(await store.get('acme', 'a')).toBeUndefined();
  });

  it('are checked', async () => {
    await expect(store.check()).resolves.toMatchObject({ driver: store.name });
  });

  it('may hold whatever somebody says', async () => {
    const said = 'a "quote", \u0000 nothing, 😀, \u2028, \'); DROP TABLE conversation; --';
    const entries: ConversationRecord['entries'] = [
      { id: 'turn_1', at_ms: 0, role: 'caller', source: 'text', text: said, rejected: false },
    ];
    await store.put(record('a', { entries }), undefined);
    expect((await store.get('acme', 'a'))?.record.entries).toEqual(entries);
  });
});

describe('Cosmos DB', () => {
  let store: CosmosConversationStore;
  beforeEach(async () => {
    store = await CosmosConversationStore.create(
      configOf({ ...cosmos.settings, COSMOS_DATABASE: `faults-${++database}`, CONVERSATION_STORE_TIMEOUT_MS: '500' }),
    );
    await store.start(signal);
  });
  afterEach(async () => {
    cosmos.fault = 'none';
    cosmos.times = Infinity;
    await store.close();
  });

  it('that throttles is asked again', async () => {
    cosmos.fault = 'throttles';
    cosmos.times = 3;
    const before = cosmos.requests;
    await store.put(record('a'), undefined);
    expect(cosmos.requests - before).toBe(4);
  });

  it.each(['throttles', 'hangs', 'cut', 'garbage', 503] as const)('that %s has failed, for now', async (fault) => {
    cosmos.fault = fault;
    await expect(store.put(record('a', { id: 'x' }), undefined)).rejects.toMatchObject({
      code: 'store_failed',
      retryable: true,
    });
    await expect(store.check()).rejects.toMatchObject({ code: 'store_failed' });
  });

  it('does not tell in errors what was said, nor its key', async () => {
    cosmos.fault = 503;
    const said = {
      id: 'turn_1',
      at_ms: 0,
      role: 'caller',
      source: 'text',
      text: 'my pin is 1234',
      rejected: false,
    } as const;
    const error = await store
      .put(record('secret', { entries: [said] }), undefined)
      .catch((problem: Error) => problem.message);
    expect(error).not.toMatch(/1234|secret|a-key/);
  });

  it.each([400, 413] as const)('that answers %s to a conversation will never take it', async (fault) => {
    cosmos.fault = fault;
    await expect(store.put(record('a'), undefined)).rejects.toMatchObject({ code: 'store_failed', retryable: false });
  });

  it.each([401, 403] as const)('that answers %s does not let us in for now', async (fault) => {
    cosmos.fault = fault;
    await expect(store.put(record('a'), undefined)).rejects.toMatchObject({ code: 'store_failed', retryable: true });
  });

  it('from which a conversation was deleted meanwhile says so to who wants to change it', async () => {
    const version = await store.put(record('a'), undefined);
    await store.remove('acme', 'a');
    await expect(store.put(record('a'), version)).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('Cosmos DB, at the start', () => {
  const created: CosmosConversationStore[] = [];
  const create = async (database: string, changes: NodeJS.ProcessEnv = {}): Promise<CosmosConversationStore> => {
    const settings = {
      ...cosmos.settings,
      COSMOS_DATABASE: database,
      CONVERSATION_STORE_TIMEOUT_MS: '1500',
      ...changes,
    };
    const store = await CosmosConversationStore.create(configOf(settings));
    created.push(store);
    return store;
  };
  afterEach(async () => {
    cosmos.fault = 'none';
    for (const store of created.splice(0)) await store.close();
  });

  it.each(['hangs', 'cut', 'throttles', 503] as const)('that %s is used once it is well', async (fault) => {
    const late = await create(`late-${fault}`);
    cosmos.fault = fault;
    await expect(late.start(AbortSignal.timeout(1000))).rejects.toMatchObject({
      message: expect.stringMatching(/^COSMOS_ENDPOINT: /),
      retryable: true,
    });
    await expect(late.put(record('a'), undefined)).rejects.toMatchObject({ code: 'store_failed', retryable: true });
    cosmos.fault = 'none';
    await Promise.all([late.put(record('a'), undefined), late.put(record('b'), undefined), late.check()]);
    expect(await late.get('acme', 'b')).toBeDefined();
  });

  it('that is not there may come', async () => {
    const nowhere = await create('nowhere', { COSMOS_ENDPOINT: 'http://127.0.0.1:9' });
    await expect(nowhere.start(signal)).rejects.toMatchObject({
      message: expect.stringMatching(/^COSMOS_ENDPOINT: /),
      retryable: true,
    });
  });

  it.each([401, 403] as const)('that answers %s ends it, by the name of the setting', async (fault) => {
    const shut = await create('shut');
    cosmos.fault = fault;
    await expect(shut.start(signal)).rejects.toMatchObject({
      message: expect.stringMatching(new RegExp(`^COSMOS_ENDPOINT: .* status ${fault}$`)),
      retryable: false,
    });
    // Had it come to that later on, what is to be written would not be at fault.
    await expect(shut.put(record('a'), undefined)).rejects.toMatchObject({ retryable: true });
  });

  it('with a container of another kind ends it, by the name of the setting', async () => {
    const { COSMOS_ENDPOINT: endpoint, COSMOS_KEY: key } = cosmos.settings as Record<string, string>;
    const connectionPolicy = { enableEndpointDiscovery: false };
    const client = new CosmosClient({ endpoint: endpoint!, key: key!, connectionPolicy });
    const { database: other } = await client.databases.create({ id: 'other' });
    await other.containers.create({ id: 'things', partitionKey: { paths: ['/kind'] } });
    client.dispose();
    const wrong = await create('other', { COSMOS_CONTAINER: 'things' });
    await expect(wrong.start(signal)).rejects.toMatchObject({
      message: expect.stringMatching(/^COSMOS_CONTAINER: .* partition key \/tenant$/),
      retryable: false,
    });
  });
});

describe('conversations in SQLite', () => {
  it('are gone after their time', () => {
    const clock = new ManualClock();
    const conversations = new SqliteConversations(':memory:', DAY_MS);
    conversations.put(record('a'), summaryOf(record('a')), undefined, clock.wallTime());
    expect(conversations.get('acme', 'a', clock.wallTime() + DAY_MS - 1)).toBeDefined();
    expect(conversations.get('acme', 'a', clock.wallTime() + DAY_MS)).toBeUndefined();
    expect(conversations.list({ tenant: 'acme', limit: 5, before: undefined }, clock.wallTime() + DAY_MS)).toEqual([]);
    expect([conversations.count(), conversations.purge(clock.wallTime() + DAY_MS), conversations.count()]).toEqual([
      1, 1, 0,
    ]);
    conversations.close();
  });

  it('that cannot be there stop the start, by the name of the setting', async () => {
    const store = new SqliteConversationStore(configOf({ DATA_DIR: '/dev/null/nowhere' }), new SystemClock(), '/');
    await expect(store.start(signal)).rejects.toThrow(/^DATA_DIR: \/dev\/null\/nowhere/);
  });
});
