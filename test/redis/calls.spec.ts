import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { RedisServer, describeWithRedis } from '../support/redis.js';
import { until } from '../support/replicas.js';
import { TestCaller, TestServer, nothingHeld, withoutSpeech } from '../support/test-server.js';
import { TranscriptReader } from '../support/transcript-reader.js';

interface Listed {
  complete: boolean;
  sessions: { session_id: string; replica: string; agent: string }[];
}

describeWithRedis('calls, with Redis', () => {
  let redis: RedisServer;
  let a: TestServer;
  let b: TestServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
    [a, b] = [await start(), await start()];
  });
  afterEach(async () => {
    redis.thaw();
    for (const server of [a, b]) expect(await server.quiet()).toEqual(nothingHeld);
    await until('ready', async () => (await statusOf(a)) === 'ready' && (await statusOf(b)) === 'ready');
  });
  afterAll(async () => {
    await Promise.all([a.stop(), b.stop()]);
    expect((await redis.look().keys('*')).filter((key) => !/:(probe|value):/.test(key))).toEqual([]);
    await redis.stop();
  });

  const start = (): Promise<TestServer> =>
    TestServer.start({
      ...withoutSpeech,
      REDIS_URL: redis.url,
      REDIS_LEASE_MS: '1500',
      REDIS_COMMAND_TIMEOUT_MS: '300',
      REDIS_CONNECT_TIMEOUT_MS: '500',
      MAX_SESSIONS_CLUSTER: '4',
      MAX_CONNECTIONS: '3',
      SESSION_ACQUIRE_TIMEOUT_MS: '0',
      LLM_MODELS: 'scripted',
      GREETING: 'off',
      SCRIPTED_LLM_TEXT: 'All is well.',
    });
  const statusOf = async (server: TestServer): Promise<unknown> => (await server.get('/api/v1/readiness')).body.status;
  const list = async (server: TestServer): Promise<Listed> =>
    (await server.get('/api/v1/sessions')).body as unknown as Listed;
  const sees = (server: TestServer, count: number): Promise<void> =>
    until(`${count} sessions`, async () => {
      const { complete, sessions } = await list(server);
      return complete && sessions.length === count;
    });
  async function answers(caller: TestCaller): Promise<void> {
    const events = await caller.ask('what is my balance');
    expect(events.at(-1)).toMatchObject({ type: 'generation_complete', outcome: 'completed' });
  }

  it('are listed, described and hung up from another replica', async () => {
    const caller = await TestCaller.dial(a);
    const { session_id: id } = await caller.next('session_started');
    await sees(b, 1);
    const own = (await a.get('/api/v1/health')).body.replica;
    expect(own).not.toBe((await b.get('/api/v1/health')).body.replica);
    expect((await list(b)).sessions).toEqual([expect.objectContaining({ session_id: id, replica: own })]);
    expect(await b.get(`/api/v1/sessions/${id}`)).toMatchObject({
      status: 200,
      body: { session_id: id, replica: own },
    });
    const ended = await fetch(`${b.url}/api/v1/sessions/${id}`, { method: 'DELETE' });
    expect(ended.status).toBe(204);
    expect(await caller.closed).toMatchObject({ code: 1000, reason: 'operator' });
    await sees(b, 0);
    expect((await b.get(`/api/v1/sessions/${id}`)).status).toBe(404);
    expect((await fetch(`${b.url}/api/v1/sessions/${id}`, { method: 'DELETE' })).status).toBe(404);
  });

  it('are read along from another replica', async () => {
    const caller = await TestCaller.dial(a);
    const { session_id: id } = await caller.next('session_started');
    await sees(b, 1);
    const reader = await TranscriptReader.open(b, id);
    await answers(caller);
    expect(await reader.until(2)).toMatchObject([
      { role: 'caller', text: 'what is my balance' },
      { role: 'agent', text: 'All is well.' },
    ]);
    await caller.hangUp();
    let news = await reader.next();
    while (news.event !== 'over') news = await reader.next();
    await sees(b, 0);
  });

  it('are no more than MAX_SESSIONS_CLUSTER together, and MAX_CONNECTIONS each', async () => {
    const callers = [await TestCaller.dial(a), await TestCaller.dial(a), await TestCaller.dial(a)];
    expect(await TestCaller.tryDial(a)).toMatchObject({ status: 503, body: { error: { code: 'at_capacity' } } });
    callers.push(await TestCaller.dial(b));
    expect(await TestCaller.tryDial(b)).toMatchObject({ status: 503, body: { error: { code: 'at_capacity' } } });
    await callers[0]!.hangUp();
    await until('a place on the other', async () => {
      const answer = await TestCaller.tryDial(b);
      if (answer instanceof TestCaller) callers.push(answer);
      return answer instanceof TestCaller;
    });
    for (const caller of callers) await caller.hangUp();
  });

  it('go on while Redis is killed and started again; new ones are taken, and all are listed afterwards', async () => {
    const before = await TestCaller.dial(a);
    await answers(before);
    await sees(b, 1);
    await redis.kill();
    // Not only degraded: another check may have noticed before.
    await until('down', async () => {
      const { checks } = (await a.get('/api/v1/readiness')).body as { checks: { component: string; status: string }[] };
      return checks.some(({ component, status }) => component === 'redis' && status === 'down');
    });
    const { status, body } = await a.get('/api/v1/readiness');
    expect(status).toBe(200);
    expect((body.checks as { component: string }[]).find(({ component }) => component === 'redis')).toMatchObject({
      status: 'down',
      critical: false,
      error: expect.stringMatching(/^Redis is not available: .* \(for \d/),
    });
    await answers(before);
    const during = await TestCaller.dial(a);
    await answers(during);
    expect(await list(a)).toMatchObject({ complete: false, sessions: [{}, {}] });
    expect(await list(b)).toMatchObject({ complete: false, sessions: [] });
    const elsewhere = await b.get('/api/v1/sessions/some-session');
    expect(elsewhere).toMatchObject({ status: 503, body: { error: { code: 'state_unavailable' } } });
    await redis.restart();
    await until('ready', async () => (await statusOf(a)) === 'ready' && (await statusOf(b)) === 'ready');
    await answers(before);
    await answers(during);
    const after = await TestCaller.dial(b);
    await answers(after);
    await sees(a, 3);
    await sees(b, 3);
    for (const caller of [before, during, after]) await caller.hangUp();
    await sees(b, 0);
  });

  it('go on while Redis is frozen, and new ones do not wait for it', async () => {
    const before = await TestCaller.dial(a);
    redis.freeze();
    await answers(before);
    const during = await TestCaller.dial(a);
    await answers(during);
    await before.hangUp();
    await during.hangUp();
  });

  it('have an override that an operator has set on another replica', async () => {
    const put = (body: unknown): Promise<Response> =>
      fetch(`${a.url}/api/v1/overrides`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const nothing = { scenario: null, agent: null, until: null };
    expect((await b.get('/api/v1/overrides')).body).toEqual(nothing);
    const scenarios = (await a.get('/api/v1/scenarios')).body.scenarios as { agents: string[] }[];
    const agent = scenarios[0]!.agents.at(-1)!;
    expect((await put({ agent, ttl_ms: 60_000 })).status).toBe(200);
    expect((await b.get('/api/v1/overrides')).body).toEqual({ scenario: null, agent, until: expect.any(String) });
    for (const bad of [{}, { agent }, { ttl_ms: 5000 }, { agent: 'nobody', ttl_ms: 5000 }, { agent, ttl_ms: 1 }])
      expect((await put(bad)).status).toBe(400);
    expect((await fetch(`${b.url}/api/v1/overrides`, { method: 'DELETE' })).status).toBe(204);
    expect((await a.get('/api/v1/overrides')).body).toEqual(nothing);
  });
});
