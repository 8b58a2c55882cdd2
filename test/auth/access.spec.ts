import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import { stringify } from 'yaml';
import { createApiKey } from '../../src/auth/api-keys.js';
import { type Role, roles } from '../../src/auth/principal.js';
import { OidcIssuer } from '../fakes/oidc/oidc-issuer.js';
import { TestCaller, TestServer, nothingHeld, withoutSpeech } from '../support/test-server.js';

describe('access in production', () => {
  const made = Object.fromEntries(
    roles.map((role) => [role, createApiKey({ id: `a-${role}`, tenant: 'acme', role })]),
  ) as Record<Role, ReturnType<typeof createApiKey>>;
  const bearer = (role: Role): Record<string, string> => ({ authorization: `Bearer ${made[role].key}` });
  let server: TestServer;
  let issuer: OidcIssuer;

  beforeAll(async () => {
    issuer = await OidcIssuer.start();
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'parley-access-')), 'keys.yaml');
    writeFileSync(file, stringify({ keys: Object.values(made).map(({ entry }) => entry) }));
    server = await TestServer.start({
      ...withoutSpeech,
      NODE_ENV: 'production',
      API_KEYS_FILE: file,
      OIDC_ISSUER: issuer.url,
      OIDC_AUDIENCE: 'parley',
      GREETING: 'off',
    });
  });
  afterEach(async () => {
    expect(await server.quiet()).toEqual(nothingHeld);
  });
  afterAll(async () => {
    await server.stop();
    await issuer.stop();
  });

  async function statusOf(method: string, route: string, headers: Record<string, string>): Promise<number> {
    return (await fetch(`${server.url}/api/v1/${route}`, { method, headers })).status;
  }

  it.each<[string, string, Role]>([
    ['GET', 'me', 'caller'],
    ['GET', 'agents', 'caller'],
    ['GET', 'agents/concierge', 'caller'],
    ['GET', 'scenarios', 'caller'],
    ['GET', 'protocol.json', 'caller'],
    ['POST', 'tokens', 'integrator'],
    ['GET', 'sessions', 'operator'],
    ['GET', 'sessions/nobody', 'operator'],
    ['DELETE', 'sessions/nobody', 'operator'],
    ['GET', 'startup', 'operator'],
    ['GET', 'overload', 'operator'],
  ])('%s /%s needs the role %s', async (method, route, least) => {
    expect(await statusOf(method, route, {})).toBe(401);
    expect(await statusOf(method, route, { authorization: 'Bearer pk_nobody' })).toBe(401);
    for (const role of roles) {
      const status = await statusOf(method, route, bearer(role));
      if (roles.indexOf(role) < roles.indexOf(least)) expect([role, status]).toEqual([role, 403]);
      else expect([role, [200, 201, 404].includes(status)]).toEqual([role, true]);
    }
  });

  it('tells who asks what their credential says of them', async () => {
    const { body } = await server.get('/api/v1/me', bearer('operator'));
    expect(body).toEqual({ subject: 'a-operator', tenant: 'acme', role: 'operator' });
  });

  it.each([
    [
      'ready',
      'details',
      ['deferred_startup_complete', 'draining', 'mcp_ready', 'ready', 'timestamp', 'warmup_completed'],
    ],
    ['readiness', 'checks', ['draining', 'status', 'timestamp']],
    ['pools', 'pools', ['status', 'timestamp']],
  ])('shows operators what is wrong, and others only that something is: %s', async (route, details, words) => {
    const keysOf = async (headers: Record<string, string>): Promise<string[]> =>
      Object.keys((await server.get(`/api/v1/${route}`, headers)).body).toSorted();
    expect(await keysOf(bearer('operator'))).toContain(details);
    for (const headers of [{}, bearer('caller')]) expect(await keysOf(headers)).toEqual(words);
    expect(await server.get(`/api/v1/${route}`, { authorization: 'Bearer pk_wrong' })).toEqual({
      status: 401,
      body: { error: { code: 'unauthorized', message: expect.stringContaining('credential is not valid') } },
    });
    expect(await statusOf('GET', `${route}?token=pk_wrong`, {})).toBe(401);
    expect(await statusOf('GET', `${route}?token=${made.operator.key}`, {})).toBe(200);
  });

  it.each(['health', 'ready', 'readiness', 'voice/health'])('lets anybody probe /%s', async (route) => {
    expect(await statusOf('GET', route, {})).toBe(200);
  });

  it('lets callers call with a key or a token of the issuer, in the header or the query', async () => {
    const jwt = await issuer.token();
    for (const [query, headers] of [
      ['', bearer('caller')],
      ['', { authorization: `Bearer ${jwt}` }],
      [`?token=${made.caller.key}`, {}],
      [`?token=${jwt}`, {}],
    ] as const) {
      const caller = await TestCaller.dial(server, query, headers);
      await caller.hangUp();
    }
    expect(await TestCaller.tryDial(server, '', {})).toMatchObject({ status: 401 });
  });

  it('shows sessions to their own tenant, and lets it end them', async () => {
    const other = { authorization: `Bearer ${await issuer.token({ tid: 'bank', roles: ['operator'] })}` };
    const caller = await TestCaller.dial(server, '', bearer('caller'));
    const { session_id } = await caller.next('session_started');
    const seenBy = async (headers: Record<string, string>) => {
      const { body } = await server.get('/api/v1/sessions', headers);
      return (body.sessions as { session_id: string; tenant: string }[]).map(({ tenant }) => tenant);
    };
    expect([await seenBy(bearer('operator')), await seenBy(other)]).toEqual([['acme'], []]);
    expect(await seenBy({ authorization: `Bearer ${await issuer.token({ tid: 'bank', roles: ['admin'] })}` })).toEqual([
      'acme',
    ]);
    expect(await statusOf('GET', `sessions/${session_id}`, other)).toBe(404);
    expect(await statusOf('DELETE', `sessions/${session_id}`, other)).toBe(404);
    expect(await statusOf('DELETE', `sessions/${session_id}`, bearer('operator'))).toBe(204);
    expect((await caller.closed).code).toBe(1000);
  });

  it('gives callers who choose nothing what their operator has chosen', async () => {
    const put = await fetch(`${server.url}/api/v1/overrides`, {
      method: 'PUT',
      headers: { ...bearer('operator'), 'content-type': 'application/json' },
      body: JSON.stringify({ agent: 'fraud_desk', ttl_ms: 60_000 }),
    });
    expect(put.status).toBe(200);
    const agentOf = async (query: string, token: string): Promise<string> => {
      const caller = await TestCaller.dial(server, query, { authorization: `Bearer ${token}` });
      const { agent } = await caller.next('session_started');
      await caller.hangUp();
      return agent;
    };
    expect(await agentOf('', made.caller.key)).toBe('fraud_desk');
    expect(await agentOf('?agent=card_services', made.caller.key)).toBe('card_services');
    expect(await agentOf('', await issuer.token({ tid: 'bank' }))).toBe('concierge');
    expect(await statusOf('DELETE', 'overrides', bearer('operator'))).toBe(204);
    expect(await agentOf('', made.caller.key)).toBe('concierge');
  });

  it('gives pages a token for one call', async () => {
    const response = await fetch(`${server.url}/api/v1/tokens`, {
      method: 'POST',
      headers: { ...bearer('integrator'), 'content-type': 'application/json' },
      body: JSON.stringify({ subject: 'visitor-7' }),
    });
    const { token, expires_in_s } = (await response.json()) as { token: string; expires_in_s: number };
    expect(expires_in_s).toBe(60);
    const answers = await Promise.all([1, 2, 3].map(() => TestCaller.tryDial(server, `?token=${token}`)));
    const callers = answers.filter((answer) => answer instanceof TestCaller);
    expect(callers).toHaveLength(1);
    expect(answers.filter((answer) => !(answer instanceof TestCaller))).toEqual([
      expect.objectContaining({ status: 401 }),
      expect.objectContaining({ status: 401 }),
    ]);
    await callers[0]!.hangUp();
  });

  it('does not let a token of a page do what the page is not for', async () => {
    const response = await fetch(`${server.url}/api/v1/tokens`, { method: 'POST', headers: bearer('integrator') });
    const { token } = (await response.json()) as { token: string };
    expect(await statusOf('GET', 'sessions', { authorization: `Bearer ${token}` })).toBe(403);
  });

  it.each([
    [{ subject: 'a b' }, 'subject'],
    [{ tenant: 'other' }, 'tenant'],
  ])('says what is wrong with an order like %j', async (body, named) => {
    const response = await fetch(`${server.url}/api/v1/tokens`, {
      method: 'POST',
      headers: { ...bearer('integrator'), 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(named);
  });
});

describe('access while the issuer of tokens cannot be asked', () => {
  it('is refused for now, which is not the same as a wrong credential', async () => {
    const issuer = await OidcIssuer.start();
    issuer.fault = 500;
    const server = await TestServer.start({ ...withoutSpeech, OIDC_ISSUER: issuer.url, OIDC_AUDIENCE: 'parley' });
    const headers = { authorization: `Bearer ${await issuer.token()}` };
    const refusal = { status: 503, retryAfter: '5', body: { error: { code: 'auth_unavailable' } } };
    expect(await TestCaller.tryDial(server, '', headers)).toMatchObject(refusal);
    expect(await server.get('/api/v1/agents', headers)).toMatchObject({
      status: 503,
      body: { error: { code: 'auth_unavailable' } },
    });
    expect(await server.get('/api/v1/readiness')).toMatchObject({ status: 200, body: { status: 'degraded' } });
    issuer.fault = 'none';
    await (await TestCaller.dial(server, '', headers)).hangUp();
    await server.stop();
    await issuer.stop();
  });
});

describe('how the server is doing', () => {
  const { key, entry } = createApiKey({ id: 'olga', tenant: 'acme', role: 'operator' });
  const bearer = { authorization: `Bearer ${key}` };
  let server: TestServer;

  beforeEach(async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'parley-onlookers-')), 'keys.yaml');
    writeFileSync(file, stringify({ keys: [entry] }));
    server = await TestServer.start({ ...withoutSpeech, API_KEYS_FILE: file, UPGRADES_PER_MINUTE: '12' });
  });
  afterEach(() => server.stop());

  const ask = async (route: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${server.url}/api/v1/${route}`, { headers });
    const { status } = response;
    return { status, retryAfter: response.headers.get('retry-after'), body: await response.json() };
  };
  const tooMany = {
    status: 429,
    retryAfter: expect.stringMatching(/^([1-9]|[1-5]\d|60)$/),
    body: { error: { code: 'rate_limited', message: expect.any(String), retry_after_s: expect.any(Number) } },
  };

  it('is told without a credential whatever others have guessed, but not to who guesses', async () => {
    for (let i = 0; i < 12; i++)
      expect((await ask(['ready', 'readiness', 'pools'][i % 3]!, { authorization: 'Bearer pk_wrong' })).status).toBe(
        401,
      );
    for (const route of ['ready', 'readiness', 'pools', 'sessions']) expect(await ask(route, bearer)).toEqual(tooMany);
    for (const route of ['ready', 'readiness', 'pools']) expect((await ask(route)).status).toBe(200);
  });

  it.each(['readiness', 'pools'])(
    'is told to anybody, 300 times a minute, and then when to come again: %s',
    async (route) => {
      for (let i = 0; i < 300; i++) expect((await ask(route)).status).toBe(200);
      expect(await ask(route)).toEqual(tooMany);
      expect((await ask(route, bearer)).status).toBe(200);
      expect((await ask('ready')).status).toBe(200);
    },
  );
});

describe('without credentials', () => {
  it('how the server is doing is told in full to those only who ask by a name of ours', async () => {
    const server = await TestServer.start(withoutSpeech);
    const keysFor = (host: string): Promise<string[]> =>
      new Promise((resolve, reject) => {
        get(`${server.url}/api/v1/readiness`, { headers: { host } }, (response) => {
          void json(response).then((body) => resolve(Object.keys(body as object)), reject);
        }).once('error', reject);
      });
    expect(await keysFor('localhost')).toContain('checks');
    expect(await keysFor('rebound.example.com')).toEqual(['status', 'timestamp', 'draining']);
    await server.stop();
  });
});
