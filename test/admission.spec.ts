import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { TestCaller, TestServer, nothingHeld, withoutSpeech } from './support/test-server.js';

describe('admission to WS /api/v1/voice/ws', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({
      ...withoutSpeech,
      MAX_CONNECTIONS: '2',
      SESSION_ACQUIRE_TIMEOUT_MS: '150',
      GREETING: 'off',
    });
  });
  afterEach(async () => {
    expect(await server.quiet()).toEqual(nothingHeld);
  });
  afterAll(() => server.stop());

  it.each([
    ['?sample_rate=44100', 'sample_rate', '8000, 16000, 24000, 48000'],
    ['?encoding=opus', 'encoding', 'pcm16, mulaw, alaw'],
    ['?language=x', 'language', 'BCP 47'],
    ['?language=de-DE', 'language', 'en-US'],
    ['?agent=nobody', 'agent', 'concierge'],
    ['?scenario=nothing', 'scenario', 'banking'],
    ['?samplerate=8000', 'samplerate', 'sample_rate'],
    ['?encoding=pcm16&encoding=alaw', 'encoding', 'more than once'],
  ])('answers 400 to %s, naming the parameter and what is allowed', async (query, parameter, allowed) => {
    const answer = await TestCaller.tryDial(server, query);
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'invalid_parameter' } } });
    const message = answer instanceof TestCaller ? '' : String(answer.body.error.message);
    expect(message).toContain(parameter);
    expect(message).toContain(allowed);
  });

  it.each(['en', 'en-GB', 'EN-us'])('lets in who asks for the language the agent speaks: %s', async (language) => {
    const caller = await TestCaller.dial(server, `?language=${language}`);
    await caller.hangUp();
  });

  it('answers 404 where there is no route', async () => {
    expect(await TestCaller.tryDial(server, '', {}, '/api/v1/voice/nothing')).toMatchObject({ status: 404 });
  });

  it('answers 403 to a page from elsewhere, and lets its own pages in', async () => {
    expect(await TestCaller.tryDial(server, '', { origin: 'https://evil.example.com' })).toMatchObject({ status: 403 });
    const caller = await TestCaller.dial(server, '', { origin: server.url });
    await caller.hangUp();
  });

  it('answers 503 with Retry-After at capacity, before the upgrade', async () => {
    const callers = [await TestCaller.dial(server), await TestCaller.dial(server)];
    const refused = await TestCaller.tryDial(server);
    expect(refused).toMatchObject({
      status: 503,
      retryAfter: '5',
      body: { error: { code: 'at_capacity', message: 'Server at capacity, please try again later', retry_after_s: 5 } },
    });
    for (const caller of callers) await caller.hangUp();
  });

  it('lets a waiting caller in when a slot comes free in time', async () => {
    const first = await TestCaller.dial(server);
    const second = await TestCaller.dial(server);
    const waiting = TestCaller.dial(server);
    first.socket.close();
    const third = await waiting;
    await third.next('session_started');
    await second.hangUp();
    await third.hangUp();
  });

  it('refuses 1,000 attempts at capacity and keeps serving', async () => {
    const callers = [await TestCaller.dial(server), await TestCaller.dial(server)];
    let refused = 0;
    for (let batch = 0; batch < 10; batch++) {
      const answers = await Promise.all(Array.from({ length: 100 }, () => TestCaller.tryDial(server)));
      refused += answers.filter((answer) => !(answer instanceof TestCaller) && answer.status === 503).length;
    }
    expect(refused).toBe(1000);
    expect(server.held()).toMatchObject({ slots: 2, waiting: 0, sessions: 2 });
    await Promise.all(callers.map((caller) => caller.ask('my card was declined')));
    for (const caller of callers) await caller.hangUp();
  });

  it('lets no more than SESSION_QUEUE wait: the next one gets its 503 at once, and the others their slot', async () => {
    const small = await TestServer.start({
      ...withoutSpeech,
      MAX_CONNECTIONS: '1',
      SESSION_QUEUE: '2',
      SESSION_ACQUIRE_TIMEOUT_MS: '60000',
      GREETING: 'off',
    });
    let live = await TestCaller.dial(small);
    const waiting = [TestCaller.dial(small), TestCaller.dial(small)];
    await small.holds('waiting', 2);
    for (let count = 0; count < 20; count++)
      expect(await TestCaller.tryDial(small)).toMatchObject({
        status: 503,
        retryAfter: '5',
        body: { error: { code: 'at_capacity' } },
      });
    for (let left = waiting.length; left > 0; left--) {
      await live.hangUp();
      const next = await Promise.race(waiting.map(async (caller, index) => ({ caller: await caller, index })));
      void waiting.splice(next.index, 1);
      live = next.caller;
    }
    await live.hangUp();
    expect(await small.quiet()).toEqual(nothingHeld);
    await small.stop();
  });

  it('serves the health of voice', async () => {
    const caller = await TestCaller.dial(server);
    await caller.next('session_started');
    expect((await server.get('/api/v1/voice/health')).body).toEqual({
      status: 'healthy',
      service: 'voice',
      active_connections: 1,
      max_connections: 2,
    });
    await caller.hangUp();
  });
});

describe('admission with tokens and a rate limit', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({
      ...withoutSpeech,
      AUTH_TOKENS: 'first-secret-token,second-secret-token',
      NODE_ENV: 'production',
      GREETING: 'off',
      UPGRADES_PER_MINUTE: '6',
    });
  });
  afterAll(() => server.stop());

  it('answers 401 without a valid token, on calls and on the API, but not on probes', async () => {
    expect(await TestCaller.tryDial(server)).toMatchObject({ status: 401, body: { error: { code: 'unauthorized' } } });
    expect(await TestCaller.tryDial(server, '?token=wrong')).toMatchObject({ status: 401 });
    for (const [query, headers] of [
      ['?token=second-secret-token', {}],
      ['', { authorization: 'Bearer first-secret-token' }],
    ] as const) {
      const caller = await TestCaller.dial(server, query, headers);
      await caller.hangUp();
    }
    expect((await server.get('/api/v1/sessions')).status).toBe(401);
    expect((await server.get('/api/v1/sessions', { authorization: 'Bearer first-secret-token' })).status).toBe(200);
    for (const probe of ['health', 'readiness', 'voice/health', 'pools'])
      expect((await server.get(`/api/v1/${probe}`)).status).toBe(200);
  });

  it('answers 429 to an address that comes too often', async () => {
    let answer: Awaited<ReturnType<typeof TestCaller.tryDial>>;
    let attempts = 0;
    do {
      answer = await TestCaller.tryDial(server, '?token=first-secret-token');
      if (answer instanceof TestCaller) await answer.hangUp();
    } while (answer instanceof TestCaller && ++attempts < 10);
    expect(answer).toMatchObject({ status: 429, body: { error: { code: 'rate_limited' } } });
    expect(Number((answer as { retryAfter: string }).retryAfter)).toBeGreaterThan(0);
    expect(await server.quiet()).toEqual(nothingHeld);
  });
});

describe('guessing a token', () => {
  const right = 'the-only-right-token';
  const start = (): Promise<TestServer> =>
    TestServer.start({ ...withoutSpeech, AUTH_TOKENS: right, NODE_ENV: 'production', UPGRADES_PER_MINUTE: '3' });

  it('is slowed down at the calls: wrong tokens count, and then the right one is refused too', async () => {
    const server = await start();
    for (let guess = 0; guess < 3; guess++)
      expect(await TestCaller.tryDial(server, `?token=guess-${guess}`)).toMatchObject({ status: 401 });
    for (const token of ['guess-3', right])
      expect(await TestCaller.tryDial(server, `?token=${token}`)).toMatchObject({
        status: 429,
        body: { error: { code: 'rate_limited' } },
      });
    await server.stop();
  });

  it('is slowed down at the API, together with the calls', async () => {
    const server = await start();
    const guess = (token: string): ReturnType<TestServer['get']> => server.get(`/api/v1/sessions?token=${token}`);
    for (let request = 0; request < 5; request++) expect((await guess(right)).status).toBe(200);
    for (let request = 0; request < 3; request++) expect((await guess('wrong')).status).toBe(401);
    for (const token of ['wrong', right])
      expect(await guess(token)).toMatchObject({ status: 429, body: { error: { code: 'rate_limited' } } });
    expect(await TestCaller.tryDial(server, `?token=${right}`)).toMatchObject({ status: 429 });
    expect((await server.get('/api/v1/health')).status).toBe(200);
    await server.stop();
  });
});
