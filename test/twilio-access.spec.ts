import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import twilio from 'twilio';
import { LocalServer } from '../src/cli/local-server.js';
import { TestCaller, TestServer, nothingHeld, withoutSpeech } from './support/test-server.js';
import { TwilioCaller } from './support/twilio-caller.js';

const PUBLIC = 'https://voice.example.com';
const MEDIA = 'wss://voice.example.com/api/v1/twilio/media';
const TOKEN = 'the-auth-token-of-the-account';
const NEXT_TOKEN = 'the-one-that-comes-after-it';
const production = {
  ...withoutSpeech,
  NODE_ENV: 'production',
  AUTH_TOKENS: 'a-bearer-token-of-ours',
  LOG_LEVEL: 'silent',
};
/** As Twilio sends it, shortened. */
const incoming = {
  AccountSid: 'AC0123',
  CallSid: 'CA0123',
  From: '+14155550100',
  To: '+14155550199',
  Direction: 'inbound',
  CallerName: 'Ann & Bob <x> "é"',
  Empty: '',
};

interface Ask {
  readonly form?: Record<string, string | string[]> | string;
  readonly query?: string;
  readonly signature?: string;
  readonly headers?: Record<string, string>;
}

/** `POST /api/v1/twilio/voice`, as Twilio does it. */
async function ask(
  server: TestServer,
  { form = incoming, query = '', signature, headers = {} }: Ask,
): Promise<{ status: number; type: string | null; retryAfter: string | null; text: string }> {
  const body =
    typeof form === 'string'
      ? form
      : new URLSearchParams(
          Object.entries(form).flatMap(([name, value]) => [value].flat().map((item): [string, string] => [name, item])),
        ).toString();
  const response = await fetch(`${server.url}/api/v1/twilio/voice${query}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
      ...(signature !== undefined && { 'x-twilio-signature': signature }),
      ...headers,
    },
    body,
  });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    retryAfter: response.headers.get('retry-after'),
    text: await response.text(),
  };
}

const signed = (form: Record<string, string | string[]> = incoming, query = '', token = TOKEN): string =>
  twilio.getExpectedTwilioSignature(token, `${PUBLIC}/api/v1/twilio/voice${query}`, form);

const connecting = (...parameters: [string, string][]): string => {
  const response = new twilio.twiml.VoiceResponse();
  const stream = response.connect().stream({ url: MEDIA });
  for (const [name, value] of parameters) stream.parameter({ name, value });
  return response.toString();
};

describe('Twilio in production, with a token', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({
      ...production,
      TWILIO_AUTH_TOKEN: `${NEXT_TOKEN},${TOKEN}`,
      PUBLIC_URL: PUBLIC,
      MAX_CONNECTIONS: '2',
      SESSION_ACQUIRE_TIMEOUT_MS: '100',
      GREETING: 'off',
    });
  });
  afterEach(async () => {
    expect(await server.quiet()).toEqual(nothingHeld);
  });
  afterAll(() => server.stop());

  it.each([TOKEN, NEXT_TOKEN])('lets a stream in that is signed with %s, without a bearer token', async (authToken) => {
    const caller = await TwilioCaller.call(server, {}, { authToken, signedUrl: MEDIA });
    await server.holds('sessions', 1);
    await caller.hangUp();
  });

  it.each([
    ['no signature', {}],
    ['a signature with another token', { authToken: 'somebody-elses-token', signedUrl: MEDIA }],
    ['a signature for another path', { authToken: TOKEN, signedUrl: `${MEDIA}s` }],
    ['a signature for the same path with a slash', { authToken: TOKEN, signedUrl: `${MEDIA}/` }],
    ['a signature for https', { authToken: TOKEN, signedUrl: MEDIA.replace('wss', 'https') }],
    ['a signature for the address behind the proxy', { authToken: TOKEN }],
    ['a bearer token instead', { headers: { authorization: 'Bearer a-bearer-token-of-ours' } }],
    ['an empty signature', { headers: { 'x-twilio-signature': '' } }],
  ])('refuses a stream with 403 before the upgrade with %s', async (_, options) => {
    expect(await TwilioCaller.tryDial(server, options)).toMatchObject({
      status: 403,
      body: { error: { code: 'forbidden', message: 'A valid X-Twilio-Signature is needed' } },
    });
  });

  it('refuses browsers, signed or not', async () => {
    const options = { authToken: TOKEN, signedUrl: MEDIA, headers: { origin: PUBLIC } };
    expect(await TwilioCaller.tryDial(server, options)).toMatchObject({ status: 403 });
    expect(await ask(server, { signature: signed(), headers: { origin: PUBLIC } })).toMatchObject({ status: 403 });
  });

  it('takes a slash at the end where the stream was told so', async () => {
    const options = { authToken: TOKEN, path: '/api/v1/twilio/media/' };
    const caller = await TwilioCaller.dial(server, { ...options, signedUrl: `${MEDIA}/` });
    caller.stop();
    await caller.closed;
    expect(await TwilioCaller.tryDial(server, { ...options, signedUrl: MEDIA })).toMatchObject({ status: 403 });
  });

  it('answers a call with TwiML that connects it to the stream', async () => {
    expect(await ask(server, { signature: signed() })).toEqual({
      status: 200,
      type: 'text/xml; charset=utf-8',
      retryAfter: null,
      text: connecting(),
    });
  });

  it('passes on what the webhook chooses', async () => {
    const query = '?agent=fraud_desk&scenario=banking&language=en-GB&tenant=7';
    expect(await ask(server, { query, signature: signed(incoming, query) })).toMatchObject({
      status: 200,
      text: connecting(['scenario', 'banking'], ['agent', 'fraud_desk'], ['language', 'en-GB']),
    });
  });

  it.each(['?agent=nobody', '?scenario=casino', '?language=de-DE', '?agent=a&agent=b', '?agent=%3Cx%3E'])(
    'answers 400 when it chooses what there is not: %s',
    async (query) => {
      const answer = await ask(server, { query, signature: signed(incoming, query) });
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'invalid_parameter' } });
    },
  );

  it.each([
    ['values that are sent twice', { ...incoming, Media: ['b', 'a', 'b'] }],
    ['many fields', Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`Field${index}`, 'ü'.repeat(20)]))],
    ['names of all kinds', { 'SipHeader_X-A.b': '1', 'a b': 'c&d=e+f', toString: 'x', Ä: '%41' }],
    ['nothing', {}],
  ])('takes a signature over %s', async (_, form) => {
    expect(await ask(server, { form, signature: signed(form) })).toMatchObject({ status: 200 });
  });

  it.each([
    ['no signature', {}],
    ['a field that was changed', { form: { ...incoming, From: '+1' }, signature: signed() }],
    ['a field that was added', { form: { ...incoming, More: '' }, signature: signed() }],
    ['a query that was changed', { query: '?agent=fraud_desk', signature: signed() }],
    ['another token', { signature: signed(incoming, '', 'somebody-elses-token') }],
    ['fields within fields', { form: 'a[b]=c', signature: signed({ 'a[b]': 'c' }) }],
  ])('refuses a webhook with 403 with %s', async (_, request) => {
    const answer = await ask(server, request);
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.text)).toEqual({
      error: { code: 'forbidden', message: 'A valid X-Twilio-Signature is needed' },
    });
  });

  it('wants a form', async () => {
    const headers = { 'content-type': 'application/json' };
    expect(await ask(server, { form: '{"From":"+1"}', headers, signature: signed({}) })).toMatchObject({ status: 415 });
    expect(await ask(server, { form: '{"From":"+1"}', headers })).toMatchObject({ status: 403 });
  });

  it('turns callers away in words when all lines are busy, and streams with 503', async () => {
    const options = { authToken: TOKEN, signedUrl: MEDIA };
    const callers = [await TwilioCaller.dial(server, options), await TwilioCaller.dial(server, options)];
    const busy = new twilio.twiml.VoiceResponse();
    busy.say({ language: 'en-US' }, 'All our lines are busy at the moment. Please call again in a few minutes.');
    busy.hangup();
    expect(await ask(server, { signature: signed() })).toMatchObject({ status: 200, text: busy.toString() });
    expect(await TwilioCaller.tryDial(server, options)).toMatchObject({
      status: 503,
      retryAfter: '5',
      body: { error: { code: 'at_capacity' } },
    });
    for (const caller of callers) {
      caller.stop();
      await caller.closed;
    }
    await server.quiet();
    expect(await ask(server, { signature: signed() })).toMatchObject({ text: connecting() });
  });
});

describe('Twilio, while all lines are busy', () => {
  it('lets a caller ring until one is free, which is kept for that call, and forgets one who hangs up', async () => {
    const server = await TestServer.start({
      ...withoutSpeech,
      MAX_CONNECTIONS: '1',
      SESSION_ACQUIRE_TIMEOUT_MS: '60000',
      TWILIO_WHEN_BUSY: 'reject',
      GREETING: 'off',
    });
    const waiting = (count: number): Promise<void> => server.holds('waiting', count);
    const live = await TwilioCaller.dial(server);
    const hangingUp = new AbortController();
    const gone = fetch(`${server.url}/api/v1/twilio/voice`, {
      method: 'POST',
      body: new URLSearchParams(incoming),
      signal: hangingUp.signal,
    });
    await waiting(1);
    const ringing = ask(server, {});
    await waiting(2);
    const native = TestCaller.dial(server);
    await waiting(3);
    hangingUp.abort();
    await expect(gone).rejects.toThrow();
    await waiting(2);
    live.stop();
    expect((await ringing).text).toContain('<Connect>');
    expect(server.held()).toMatchObject({ slots: 1, waiting: 1 });
    const caller = await TwilioCaller.dial(server);
    expect(server.held()).toMatchObject({ slots: 1, waiting: 1 });
    caller.stop();
    await (await native).hangUp();
    expect(await server.quiet()).toEqual(nothingHeld);
    await server.stop();
  });
});

describe('Twilio, guessed at', () => {
  it('answers 429 to an address that has guessed too often, and lets in what is signed from there', async () => {
    const server = await TestServer.start({
      ...production,
      TWILIO_AUTH_TOKEN: TOKEN,
      PUBLIC_URL: PUBLIC,
      UPGRADES_PER_MINUTE: '4',
    });
    const options = { authToken: TOKEN, signedUrl: MEDIA };
    for (let count = 0; count < 8; count++) {
      expect(await ask(server, { signature: signed() })).toMatchObject({ status: 200 });
      const caller = await TwilioCaller.dial(server, options);
      caller.stop();
      await caller.closed;
    }
    for (let count = 0; count < 2; count++) {
      expect(await ask(server, { signature: 'guess' })).toMatchObject({ status: 403 });
      expect(await TwilioCaller.tryDial(server)).toMatchObject({ status: 403 });
    }
    for (let count = 0; count < 8; count++) {
      expect(await ask(server, { signature: 'guess' })).toMatchObject({ status: 429, retryAfter: expect.any(String) });
      expect(await TwilioCaller.tryDial(server)).toMatchObject({
        status: 429,
        body: { error: { code: 'rate_limited' } },
      });
      expect(await ask(server, { signature: signed() })).toMatchObject({ status: 200, text: connecting() });
      const caller = await TwilioCaller.dial(server, options);
      caller.stop();
      await caller.closed;
    }
    expect(await server.quiet()).toEqual(nothingHeld);
    await server.stop();
  });
});

describe('Twilio without a token', () => {
  it('is off in production', async () => {
    const server = await TestServer.start(production);
    expect(await TwilioCaller.tryDial(server)).toMatchObject({ status: 404 });
    expect(await ask(server, { signature: signed() })).toMatchObject({ status: 404 });
    await server.stop();
  });

  it('is open in development, at the address that the request was made to', async () => {
    const server = await TestServer.start({
      ...withoutSpeech,
      GREETING: 'off',
      TWILIO_WHEN_BUSY: 'reject',
      MAX_CONNECTIONS: '1',
      SESSION_ACQUIRE_TIMEOUT_MS: '100',
    });
    expect((await ask(server, {})).text).toContain(
      `<Stream url="${server.url.replace('http', 'ws')}/api/v1/twilio/media"/>`,
    );
    const caller = await TwilioCaller.call(server);
    await server.holds('sessions', 1);
    const busy = new twilio.twiml.VoiceResponse();
    busy.reject({ reason: 'busy' });
    expect((await ask(server, {})).text).toBe(busy.toString());
    await caller.hangUp();
    await server.stop();
  });

  it('counts streams as calls, those that it was asked about once', async () => {
    const server = await TestServer.start({ ...withoutSpeech, TENANT_CALLS_PER_MINUTE: '3' });
    for (let call = 0; call < 2; call++) {
      expect(await ask(server, {})).toMatchObject({ status: 200 });
      const caller = await TwilioCaller.dial(server);
      caller.stop();
      await caller.closed;
    }
    const unasked = await TwilioCaller.dial(server);
    unasked.stop();
    await unasked.closed;
    expect(await TwilioCaller.tryDial(server)).toMatchObject({
      status: 429,
      body: { error: { code: 'rate_limited' } },
    });
    await server.stop();
  });

  it('is not open to pages in a browser, nor to more than UPGRADES_PER_MINUTE', async () => {
    const server = await TestServer.start({ ...withoutSpeech, UPGRADES_PER_MINUTE: '2' });
    expect(await TwilioCaller.tryDial(server, { headers: { origin: server.url } })).toMatchObject({ status: 403 });
    expect(await ask(server, { headers: { origin: server.url } })).toMatchObject({ status: 403 });
    expect(await ask(server, {})).toMatchObject({ status: 429 });
    await server.stop();
  });
});

describe('Twilio behind a proxy that is trusted', () => {
  it('is known by the address that the proxy was asked for, and sent on to the next one afterwards', async () => {
    const server = await TestServer.start({
      ...production,
      TWILIO_AUTH_TOKEN: TOKEN,
      TRUST_PROXY: 'true',
      TWILIO_ACTION_URL: 'https://desk.example.com/next?a=1&b=2',
    });
    const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'voice.example.com' };
    const response = new twilio.twiml.VoiceResponse();
    response.connect({ action: 'https://desk.example.com/next?a=1&b=2' }).stream({ url: MEDIA });
    expect(await ask(server, { signature: signed(), headers })).toMatchObject({ text: response.toString() });
    expect(await ask(server, { signature: signed() })).toMatchObject({ status: 403 });
    const caller = await TwilioCaller.dial(server, { authToken: TOKEN, signedUrl: MEDIA, headers });
    caller.stop();
    await caller.closed;
    await server.stop();
  });
});

describe('a server that is about to stop', () => {
  it('turns callers away in words', async () => {
    const server = await LocalServer.start({ ...withoutSpeech, DRAIN_LIMIT_MS: '4000', GREETING: 'off' });
    const asking = (): Promise<string> =>
      fetch(`${server.url}/api/v1/twilio/voice`, { method: 'POST', body: new URLSearchParams(incoming) }).then(
        (response) => response.text(),
      );
    expect(await asking()).toContain('<Connect>');
    const call = new WebSocket(`${server.url.replace('http', 'ws')}/api/v1/voice/ws`);
    await new Promise((resolve) => call.addEventListener('message', resolve, { once: true }));
    const exited = server.stop('SIGTERM');
    while ((await fetch(`${server.url}/api/v1/ready`)).status === 200);
    expect(await asking()).toContain('<Hangup/>');
    call.close();
    expect(await exited).toBe(0);
    expect(server.output.filter((line) => line.includes('open to anybody'))).toHaveLength(1);
    expect(server.output.join('\n')).not.toMatch(/4155550100|Ann/);
  });
});
