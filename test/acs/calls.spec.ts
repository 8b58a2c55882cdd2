import { parseCallAutomationEvent } from '@azure/communication-call-automation';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AcsPhone } from '../fakes/acs/acs-phone.js';
import { AcsService, cloudEvent, incomingCall } from '../fakes/acs/acs-service.js';
import { RedisServer, describeWithRedis } from '../support/redis.js';
import { until } from '../support/replicas.js';
import { TestServer, nothingHeld } from '../support/test-server.js';

const EVENTS = '/api/v1/acs/events?code=an-event-grid-secret';
let acs: AcsService;
let server: TestServer;

async function start(settings: NodeJS.ProcessEnv = {}): Promise<void> {
  acs = await AcsService.start();
  server = await TestServer.start({
    ...acs.settings,
    TTS_SERVICE_MODELS: 'scripted',
    STT_SERVICE_MODELS: 'scripted',
    VAD: 'scripted',
    AUTH_TOKENS: 'an-operator-token',
    ...settings,
  });
}

async function post(
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json().catch(() => undefined) };
}

/** A call that rings and is answered. */
async function ring(event = incomingCall(), query = ''): Promise<AcsPhone> {
  const phone = acs.phone();
  expect(await post(`${EVENTS}${query}`, [event])).toMatchObject({ status: 200 });
  return phone;
}

afterEach(async () => {
  expect(await server.quiet()).toEqual(nothingHeld);
  acs.orders.length = 0;
  acs.givesKeys = true;
});

describe('an incoming call', () => {
  beforeAll(() => start({ SCRIPTED_STT_TEXT: 'goodbye', TTS_SERVICE_MODELS: 'embedded' }));
  afterAll(async () => {
    await server.stop();
    await acs.stop();
  });

  it('is answered, with a media stream in both directions, and the caller hears the agent', async () => {
    const phone = await ring();
    expect(acs.orders).toMatchObject([
      {
        method: 'POST',
        body: {
          incomingCallContext: 'opaque-context',
          callbackUri: `${server.url}/api/v1/acs/callbacks`,
          mediaStreamingOptions: {
            transportType: 'websocket',
            transportUrl: expect.stringMatching(/^ws:\/\/.*\/api\/v1\/acs\/media\?call=[\w-]{43}$/),
            contentType: 'audio',
            audioChannelType: 'mixed',
            startMediaStreaming: true,
            enableBidirectional: true,
            enableDtmfTones: true,
            audioFormat: 'Pcm16KMono',
          },
        },
      },
    ]);
    await phone.until('the greeting', () => phone.heardMs > 500);
    await phone.hangUp();
    await acs.until(() => acs.paths().some((path) => path.endsWith(':terminate')));
  });

  it('ends when the agent ends it: for the caller, too', async () => {
    const phone = await ring();
    await phone.until('the greeting', () => phone.heardMs > 300);
    phone.speak(600);
    await phone.closed;
    expect(phone.count('StopAudio')).toBe(1);
    await acs.until(() => acs.paths().includes('POST /calling/callConnections/call-2:terminate'));
  });

  it('ends when the caller has hung up, which needs no hanging up', async () => {
    const phone = await ring();
    const event = cloudEvent('call-3', 'CallDisconnected', {
      resultInformation: { code: 200, subCode: 0, message: '' },
    });
    expect(parseCallAutomationEvent(event as never)).toMatchObject({
      kind: 'CallDisconnected',
      callConnectionId: 'call-3',
    });
    expect(await acs.tell('call-3', 'CallDisconnected')).toBe(200);
    await phone.closed;
    expect(acs.paths().filter((path) => path.endsWith(':terminate'))).toEqual([]);
  });

  it('is answered once, however often Event Grid tells of it, and not when it has stopped ringing', async () => {
    const event = incomingCall();
    const phone = await ring(event);
    expect((await post(EVENTS, [event, event])).status).toBe(200);
    expect(
      (await post(EVENTS, [incomingCall({ eventTime: new Date(Date.now() - 31_000).toISOString() })])).status,
    ).toBe(200);
    await phone.until('the greeting', () => phone.heardMs > 300);
    expect(acs.paths().filter((path) => path.endsWith(':answer'))).toHaveLength(1);
    await phone.hangUp();
    await acs.until(() => acs.paths().some((path) => path.endsWith(':terminate')));
  });

  it('may be told in the CloudEvents schema, by a subscription that was asked for', async () => {
    const {
      eventType,
      eventTime,
      dataVersion: _,
      metadataVersion: __,
      ...rest
    } = incomingCall() as Record<string, unknown>;
    const phone = await ring({ ...rest, specversion: '1.0', type: eventType, time: eventTime }, '&agent=fraud_desk');
    await phone.hangUp();
    await acs.until(() => acs.paths().some((path) => path.endsWith(':terminate')));
    const options = await fetch(`${server.url}${EVENTS}`, {
      method: 'OPTIONS',
      headers: { 'WebHook-Request-Origin': 'eventgrid.azure.net' },
    });
    expect([options.status, options.headers.get('webhook-allowed-origin')]).toEqual([200, 'eventgrid.azure.net']);
  });

  it('is heard of once the subscription has been confirmed', async () => {
    const validation = {
      id: '1',
      eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
      eventTime: new Date().toISOString(),
      data: { validationCode: 'code-512', validationUrl: 'https://x' },
    };
    expect(await post(EVENTS, [validation])).toEqual({ status: 200, body: { validationResponse: 'code-512' } });
  });

  it.each([
    ['another code', '/api/v1/acs/events?code=wrong', 401],
    ['no code', '/api/v1/acs/events', 401],
    ['a scenario that there is not', `${EVENTS}&scenario=nothing`, 400],
  ])('is not answered with %s', async (_, path, status) => {
    expect(await post(path, [incomingCall()])).toMatchObject({ status });
    expect(acs.orders).toEqual([]);
  });

  it.each([[{}], ['text'], [[{ no: 'id' }]]])('is not what a body like %j tells of', async (body) => {
    expect((await post(EVENTS, body)).status).toBe(400);
  });

  it('is not lost when the service is busy for a moment', async () => {
    acs.busyFor = 2;
    const phone = await ring();
    await phone.hangUp();
    await acs.until(() => acs.paths().some((path) => path.endsWith(':terminate')));
  });

  it('takes keys, and nonsense for a while', async () => {
    const phone = await ring();
    await phone.until('the greeting', () => phone.heardMs > 300);
    phone.send('{');
    phone.send({ kind: 'AudioData', audioData: { data: 'AAAA' } });
    for (const key of ['4', 'two', '4', '2', 'pound']) phone.press(key);
    await phone.until('the answer', () => phone.count('StopAudio') > 0);
    for (let times = 0; times < 60; times++) phone.send('nonsense');
    expect(await phone.closed).toMatchObject({ code: 1003 });
    await acs.until(() => acs.paths().some((path) => path.endsWith(':terminate')));
  });
});

describe('a media stream', () => {
  beforeAll(() => start());
  afterAll(async () => {
    await server.stop();
    await acs.stop();
  });

  const dial = async (headers: Record<string, string>, call = 'nobody') =>
    AcsPhone.dial(`${server.url.replace('http', 'ws')}/api/v1/acs/media?call=${call}`, headers);

  it('is refused without a token of the service, and without a call', async () => {
    expect(await dial({})).toBe(401);
    expect(await dial(await acs.headers('c', { aud: 'another-resource' }))).toBe(401);
    expect(await dial(await acs.headers('c', { iss: 'https://evil.example.com' }))).toBe(401);
    expect(await dial(await acs.headers('c', {}, '-5m'))).toBe(401);
    expect(await dial({ ...(await acs.headers('c')), origin: 'https://evil.example.com' })).toBe(403);
    expect(await dial({ authorization: `Bearer ${await acs.token()}` })).toBe(400);
    expect(await dial(await acs.headers('c'))).toBe(403);
  });

  it('can be opened once', async () => {
    const phone = await ring();
    const { transportUrl } = acs.orders[0]!.body['mediaStreamingOptions'] as { transportUrl: string };
    expect(await AcsPhone.dial(transportUrl, await acs.headers('call-1'))).toBe(403);
    await phone.hangUp();
    await acs.until(() => acs.paths().some((path) => path.endsWith(':terminate')));
  });

  it('is not what a callback without a token is about', async () => {
    const phone = await ring();
    expect(await acs.tell('call-2', 'CallDisconnected', {}, 'nonsense')).toBe(401);
    await phone.until('the greeting', () => phone.heardMs > 300);
    await phone.hangUp();
    await acs.until(() => acs.paths().some((path) => path.endsWith(':terminate')));
  });
});

describe('callers who find all lines busy', () => {
  beforeAll(() => start({ MAX_CONNECTIONS: '1', SESSION_QUEUE: '0' }));
  afterAll(async () => {
    await server.stop();
    await acs.stop();
  });

  it('are rejected as busy', async () => {
    const phone = await ring();
    expect((await post(EVENTS, [incomingCall()])).status).toBe(200);
    await acs.until(() => acs.paths().some((path) => path.endsWith(':reject')));
    expect(acs.orders.at(-1)!.body).toMatchObject({ callRejectReason: 'busy' });
    await phone.hangUp();
    await acs.until(() => acs.paths().some((path) => path.endsWith(':terminate')));
  });
});

describe('a caller who wants a person', () => {
  beforeEach(() => start({ SCRIPTED_STT_TEXT: 'speak to a person', SCRIPTED_TTS_WORD_MS: '100' }));
  afterEach(async () => {
    await server.stop();
    await acs.stop();
  });

  async function wantsPerson(): Promise<AcsPhone> {
    const phone = await ring();
    await phone.until('the greeting', () => phone.heardMs > 300);
    phone.speak(600);
    await acs.until(() => acs.paths().some((path) => path.endsWith(':transferToParticipant')));
    expect(acs.orders.at(-1)).toMatchObject({
      path: expect.stringContaining('/call-1:transferToParticipant'),
      body: { targetParticipant: { phoneNumber: { value: '+15550123' } } },
    });
    return phone;
  }

  it('is transferred, and the call goes on without us', async () => {
    const phone = await wantsPerson();
    expect(await acs.tell('call-1', 'CallTransferAccepted')).toBe(200);
    await phone.closed;
    await server.quiet();
    expect(acs.paths().filter((path) => path.endsWith(':terminate'))).toEqual([]);
  });

  it('stays with the agent when nobody is there, and hears so', async () => {
    const phone = await wantsPerson();
    const heard = phone.heardMs;
    await acs.tell('call-1', 'CallTransferFailed', { resultInformation: { code: 486, subCode: 1 } });
    await phone.until('the apology', () => phone.heardMs > heard + 500);
    await phone.hangUp();
    await acs.until(() => acs.paths().some((path) => path.endsWith(':terminate')));
  });
});

describe('a call that an agent makes', () => {
  beforeAll(() => start({ SCRIPTED_STT_TEXT: 'goodbye' }));
  afterAll(async () => {
    await server.stop();
    await acs.stop();
  });

  const operator = { authorization: 'Bearer an-operator-token' };

  it('rings, talks and can be ended', async () => {
    const ringing = acs.phone();
    const placed = await post('/api/v1/calls', { to: '+15550199', agent: 'fraud_desk' }, operator);
    expect(placed).toEqual({ status: 202, body: { call_id: 'call-1' } });
    expect(acs.orders[0]!.body).toMatchObject({
      targets: [{ phoneNumber: { value: '+15550199' } }],
      sourceCallerIdNumber: { value: '+15550100' },
    });
    const phone = await ringing;
    await phone.until('the greeting', () => phone.heardMs > 300);
    const response = await fetch(`${server.url}/api/v1/calls/call-1`, { method: 'DELETE', headers: operator });
    expect(response.status).toBe(204);
    expect(acs.paths()).toContain('POST /calling/callConnections/call-1:terminate');
    await acs.tell('call-1', 'CallDisconnected');
    await phone.closed;
  });

  it.each([
    [{ to: '5550199' }, '"to"'],
    [{}, '"to"'],
    [{ to: '+15550199', agent: 'nobody' }, 'agent'],
  ])('is refused with an order like %j', async (order, named) => {
    const { status, body } = await post('/api/v1/calls', order, operator);
    expect(status).toBe(400);
    expect((body as { error: { message: string } }).error.message).toContain(named);
  });

  it('needs a credential, and an answer of the service', async () => {
    expect((await post('/api/v1/calls', { to: '+15550199' })).status).toBe(401);
    acs.busyFor = 10;
    expect(await post('/api/v1/calls', { to: '+15550199' }, operator)).toMatchObject({
      status: 502,
      body: { error: { code: 'call_failed' } },
    });
    expect(await server.get('/api/v1/readiness')).toMatchObject({ body: { status: 'degraded' } });
    acs.busyFor = 0;
    // Without another call.
    const status = async () => (await server.get('/api/v1/readiness', operator)).body.status;
    await until('it works again', async () => (await status()) === 'ready', 18_000);
    expect((await fetch(`${server.url}/api/v1/calls/nobody`, { method: 'DELETE', headers: operator })).status).toBe(
      404,
    );
  });
});

describeWithRedis('a call that rings while Redis is away', () => {
  it('is answered all the same', async () => {
    const redis = await RedisServer.start();
    await start({
      REDIS_URL: redis.url,
      REDIS_COMMAND_TIMEOUT_MS: '300',
      REDIS_CONNECT_TIMEOUT_MS: '500',
      SCRIPTED_STT_TEXT: 'goodbye',
    });
    redis.freeze();
    const phone = await ring();
    await phone.until('the greeting', () => phone.heardMs > 300);
    phone.speak(600);
    await phone.closed;
    redis.thaw();
    await server.quiet();
    await server.stop();
    await acs.stop();
    await redis.stop();
  });
});
