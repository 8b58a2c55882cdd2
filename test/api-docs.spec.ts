import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Router } from 'express';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { createApiKey } from '../src/auth/api-keys.js';
import { roles } from '../src/auth/principal.js';
import { Conversations } from '../src/services/conversations/conversations.js';
import { TestServer, withoutSpeech } from './support/test-server.js';

interface Content {
  readonly schema: Record<string, unknown>;
  readonly example: unknown;
}
interface Answered {
  readonly content?: Record<string, Content>;
}
interface Operation {
  readonly operationId?: string;
  readonly summary: string;
  readonly tags: string[];
  readonly security: object[];
  readonly 'x-parley-role'?: (typeof roles)[number];
  readonly requestBody?: { readonly content: Record<string, Content> };
  readonly responses: Record<string, Answered>;
}
interface Api {
  readonly openapi: string;
  readonly tags: { readonly name: string }[];
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object>; readonly securitySchemes: Record<string, object> };
}

const keys = roles.map((role) => createApiKey({ id: role, tenant: 'acme', role }));
const JSON_BODY = { 'content-type': 'application/json' };
const keyOf = (role: string): string => keys.find(({ entry }) => entry.role === role)!.key;
const asked = (role: string): Record<string, string> => ({ authorization: `Bearer ${keyOf(role)}` });

let folder: string;
let server: TestServer;
let api: Api;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'parley-api-docs-'));
  const file = path.join(folder, 'keys.yaml');
  await writeFile(file, JSON.stringify({ keys: keys.map(({ entry }) => entry) }));
  server = await TestServer.start({
    ...withoutSpeech,
    API_KEYS_FILE: file,
    CONVERSATION_STORE: 'sqlite',
    DATA_DIR: folder,
    MAX_BODY_BYTES: '4096',
  });
  api = (await server.get('/api/v1/openapi.json', asked('caller'))).body as unknown as Api;
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const operations = (): [name: string, operation: Operation][] =>
  Object.entries(api.paths).flatMap(([route, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [`${method} ${route}`, operation]),
  );

/** None if the value is what the schema says. */
function faultsOf({ schema }: Content, value: unknown): unknown[] {
  const text = JSON.stringify({ ...schema, $defs: api.components.schemas })
    .replaceAll('"#/components/schemas/', '"#/$defs/')
    // Which reads patterns without the flag `u`, unlike JSON Schema.
    .replaceAll(String.raw`\\P{Cc}`, '.');
  const { success, error } = z
    .fromJSONSchema(JSON.parse(text) as Parameters<typeof z.fromJSONSchema>[0])
    .safeParse(value);
  return success ? [] : [value, error.issues];
}

/** Names of fields that are not written like all others. */
function inCamelCase(value: unknown): string[] {
  if (value === null || typeof value !== 'object') return [];
  const names = Array.isArray(value) ? [] : Object.keys(value).filter((name) => /[a-z][A-Z]/.test(name));
  return [...names, ...Object.values(value).flatMap(inCamelCase)];
}

const takesBody = (method: string): boolean => !['GET', 'OPTIONS'].includes(method);

type Request = Omit<RequestInit, 'headers'> & { readonly headers?: Record<string, string> };

/** What may be wrong with a request, whatever it asks for. */
const WRONG: readonly [string, (address: string, method: string) => [address: string, request: Request]][] = [
  ['nothing', (address, method) => [address, { method }]],
  ['no credential', (address, method) => [address, { method, headers: {} }]],
  ['a credential that is wrong', (address, method) => [address, { method, headers: { authorization: 'Bearer x' } }]],
  ['a path that cannot be decoded', (address, method) => [address.replace('nothing', '%E0%A4%A'), { method }]],
  ['a tenant that is none', (address, method) => [`${address}?tenant=a%20b`, { method }]],
  ['a page of others', (address, method) => [address, { method, headers: { origin: 'https://evil.example.com' } }]],
  ...['{', '{"a":1}', JSON.stringify('x'.repeat(5000))].map((body): (typeof WRONG)[number] => [
    `the body ${body.slice(0, 20)}`,
    (address, method) => [address, { method, headers: JSON_BODY, ...(takesBody(method) && { body }) }],
  ]),
  [
    'a coding that is not known',
    (address, method) => [
      address,
      { method, headers: { ...JSON_BODY, 'content-encoding': 'zstd-9' }, ...(takesBody(method) && { body: '{}' }) },
    ],
  ],
];

describe('the document of the API', () => {
  it('has every route that the server has, and no other', () => {
    const { router } = server.app.getHttpAdapter().getInstance() as { router: Router };
    const served = router.stack.flatMap(({ route }) =>
      // What no route answers, Nest does.
      route && route.path.startsWith('/')
        ? Object.keys((route as unknown as { methods: Record<string, boolean> }).methods).map(
            (method) => `${method} ${route.path.replaceAll(/:(\w+)/g, '{$1}')}`,
          )
        : [],
    );
    expect(served.length).toBeGreaterThan(40);
    const described = operations()
      .filter(([, operation]) => !('x-parley-websocket' in operation))
      .map(([name]) => name);
    expect(described.toSorted()).toEqual([...new Set(served)].toSorted());
  });

  it('has every WebSocket that the server has', () => {
    const sockets = operations().filter(([, operation]) => 'x-parley-websocket' in operation);
    expect(sockets.map(([name]) => name)).toEqual([
      'get /api/v1/acs/media',
      'get /api/v1/listen/ws',
      'get /api/v1/pusher/ws',
      'get /api/v1/twilio/media',
      'get /api/v1/voice/ws',
    ]);
  });

  it('is OpenAPI 3.1: names that are used are there, and used once', () => {
    expect(api.openapi).toBe('3.1.0');
    const text = JSON.stringify(api);
    for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g))
      expect(Object.keys(api.components.schemas)).toContain(name);
    expect(text).not.toContain('$defs');
    const ids = operations().map(([, { operationId }]) => operationId);
    expect(ids).not.toContain(undefined);
    expect(new Set(ids).size).toBe(ids.length);
    const groups = new Set(api.tags.map(({ name }) => name));
    for (const [, { tags, security }] of operations()) {
      expect(tags.every((tag) => groups.has(tag))).toBe(true);
      for (const scheme of security.flatMap(Object.keys)) expect(api.components.securitySchemes).toHaveProperty(scheme);
    }
  });

  it('has examples that are what their schemas say', () => {
    const contents = operations().flatMap(([name, { requestBody, responses }]) =>
      [requestBody?.content, ...Object.values(responses).map(({ content }) => content)].flatMap((content) =>
        Object.values(content ?? {}).map((one): [string, Content] => [name, one]),
      ),
    );
    expect(contents.length).toBeGreaterThan(150);
    for (const [name, content] of contents) expect([name, ...faultsOf(content, content.example)]).toEqual([name]);
  });

  it('says what the server answers', async () => {
    const record = { id: 'call-1', kind: 'voice' as const, tenant: 'acme', scenario: 'banking', agent: 'fraud_desk' };
    await server.app.get(Conversations, { strict: false }).change('acme', 'call-1', () => ({
      ...record,
      status: 'completed',
      startedAt: '2026-11-20T10:00:00.000Z',
      updatedAt: '2026-11-20T10:00:00.000Z',
      endReason: 'hangup',
      entries: [],
    }));
    const parameters: Record<string, string> = { id: 'call-1', name: 'concierge' };
    let compared = 0;
    for (const [name, operation] of operations()) {
      const [method, route] = name.split(' ') as [string, string];
      if (method !== 'get' || !route.startsWith('/api/')) continue;
      const address = route.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => parameters[parameter] ?? 'nothing');
      const response = await fetch(`${server.url}${address}`, { headers: asked('admin') });
      const content = operation.responses[response.status]?.content?.['application/json'];
      if (!response.headers.get('content-type')?.startsWith('application/json') || !content) {
        await response.body?.cancel();
        continue;
      }
      compared++;
      const body: unknown = await response.json();
      expect([name, ...faultsOf(content, body)]).toEqual([name]);
      if (!/openapi\.json|protocol\.json/.test(name)) expect([name, ...inCamelCase(body)]).toEqual([name]);
    }
    expect(compared).toBeGreaterThan(20);
  });

  it('says every status that comes of a request with something wrong', async () => {
    const seen = new Set<number>();
    for (const [name, operation] of operations()) {
      const [method, route] = name.split(' ') as [string, string];
      const address = `${server.url}${route.replaceAll(/\{\w+\}/g, 'nothing')}`;
      for (const [fault, make] of WRONG) {
        const [url, request] = make(address, method.toUpperCase());
        const headers = fault === 'no credential' ? {} : { ...asked('admin'), ...request.headers };
        const response = await fetch(url, { ...request, headers });
        await response.body?.cancel();
        seen.add(response.status);
        expect([name, fault, Object.keys(operation.responses)]).toEqual([
          name,
          fault,
          expect.arrayContaining([String(response.status)]),
        ]);
      }
    }
    expect([...seen]).toEqual(expect.arrayContaining([400, 401, 403, 404, 413, 415]));
    // Hundreds of requests, some of which have much to do.
  }, 60_000);

  it('says who may: who has less is refused, and who has none is not known', async () => {
    for (const [name, operation] of operations()) {
      const [method, route] = name.split(' ') as [string, string];
      const role = operation['x-parley-role'];
      if (!role) continue;
      const ask = async (headers: Record<string, string>): Promise<number> => {
        const response = await fetch(`${server.url}${route}`, { method: method.toUpperCase(), headers });
        await response.body?.cancel();
        return response.status;
      };
      expect([name, await ask({})]).toEqual([name, 401]);
      const lesser = roles[roles.indexOf(role) - 1];
      if (lesser) expect([name, await ask(asked(lesser))]).toEqual([name, 403]);
      expect(operation.responses).toHaveProperty('401');
    }
  });

  it('is for those who may use the API', async () => {
    expect((await server.get('/api/v1/openapi.json')).status).toBe(401);
    expect((await fetch(`${server.url}/api/v1/docs/..%2Fmain.js`)).status).toBe(404);
  });
});

describe('of a process that only works after calls', () => {
  it('has its routes', async () => {
    const own = await mkdtemp(path.join(os.tmpdir(), 'parley-api-docs-'));
    const pusher = await TestServer.start({
      PARLEY_ROLE: 'pusher',
      CONVERSATION_STORE: 'sqlite',
      DATA_DIR: own,
      PUSHER_SECRET: 'a-secret-of-the-tests-that-is-long-enough',
    });
    try {
      const { body } = await pusher.get('/api/v1/openapi.json');
      const paths = Object.keys(body['paths'] as object);
      expect(paths).toContain('/api/v1/jobs');
      expect(paths).not.toContain('/api/v1/sessions');
    } finally {
      await pusher.stop();
      await rm(own, { recursive: true, force: true });
    }
  });
});
