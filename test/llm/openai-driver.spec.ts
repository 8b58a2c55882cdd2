import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Aborted } from '../../src/kernel/abort.js';
import { ManualClock } from '../../src/kernel/clock.js';
import { connectAzure, connectOpenAi } from '../../src/llm/drivers/openai/connect-openai.js';
import type { OpenAiLlmClient } from '../../src/llm/drivers/openai/openai-llm.client.js';
import type { LlmEvent, LlmRequest } from '../../src/llm/llm-client.js';
import { LlmError } from '../../src/llm/llm-error.js';
import { FakeOpenAi } from '../fakes/openai/fake-openai.js';
import {
  type FakeReply,
  calls,
  contentFiltered,
  htmlPage,
  rateLimited,
  says,
  serverError,
  tooLong,
} from '../fakes/openai/fake-reply.js';

const connection = { connectMs: 1000, totalMs: 10_000 };
const settings = { maxTokens: 500, temperature: 0.7 };
let clock: ManualClock;
let fake: FakeOpenAi;
const opened: OpenAiLlmClient[] = [];

beforeEach(async () => {
  clock = new ManualClock();
  fake = await FakeOpenAi.start();
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((client) => client.close()));
  await fake.stop();
  expect(clock.pending).toBe(0);
});

function azure(model = 'gpt', credential: Parameters<typeof connectAzure>[1]['credential'] = { key: fake.key }) {
  const access = { endpoint: `${fake.azureEndpoint}/`, apiVersion: '2024-10-21', credential };
  const client = connectAzure({ name: `azure:${model}`, model, ...settings }, access, connection, clock);
  opened.push(client);
  return client;
}

function openai(model = 'gpt', apiKey = fake.key, baseUrl = fake.baseUrl) {
  const client = connectOpenAi({ name: `openai:${model}`, model, ...settings }, { baseUrl, apiKey }, connection, clock);
  opened.push(client);
  return client;
}

function request(overrides: Partial<LlmRequest> = {}): LlmRequest {
  return {
    messages: [
      { role: 'system', content: 'You are a desk.' },
      { role: 'user', content: 'Hello' },
    ],
    tools: [],
    dialogue: { slots: {} },
    variables: {},
    memory: {},
    ...overrides,
  };
}

async function answer(
  client: OpenAiLlmClient,
  asked = request(),
  signal = new AbortController().signal,
): Promise<{ events: LlmEvent[]; error?: unknown }> {
  const events: LlmEvent[] = [];
  try {
    for await (const event of client.stream(asked, signal)) events.push(event);
    return { events };
  } catch (error) {
    return { events, error };
  }
}

const textOf = (events: readonly LlmEvent[]): string =>
  events.map((event) => (event.type === 'text' ? event.text : '')).join('');

describe.each([
  ['Azure OpenAI', azure],
  ['an OpenAI-compatible endpoint', openai],
])('%s', (name, connect) => {
  it('streams text and says what it cost', async () => {
    fake.model('gpt').reply(says('Good ', 'morning.'));
    const { events, error } = await answer(connect());
    expect(error).toBeUndefined();
    expect(events).toEqual([
      { type: 'text', text: 'Good ' },
      { type: 'text', text: 'morning.' },
      { type: 'finish', reason: 'stop', usage: { inputTokens: 12, outputTokens: 5 } },
    ]);
    const limit = name === 'Azure OpenAI' ? { max_completion_tokens: 500 } : { max_tokens: 500 };
    expect(fake.requests[0]!.body).toEqual({
      model: 'gpt',
      messages: request().messages,
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0.7,
      ...limit,
    });
  });

  it('brings parallel tool calls whole and in order', async () => {
    fake
      .model('gpt')
      .reply(
        calls(
          { name: 'balance', arguments: { account: 'savings' } },
          { name: 'weather', arguments: { city: 'Paris' } },
        ),
      );
    const tools = ['balance', 'weather'].map((tool) => ({
      name: tool,
      description: tool,
      parameters: { type: 'object', properties: {} },
    }));
    const { events } = await answer(connect(), request({ tools }));
    expect(events.filter(({ type }) => type !== 'progress')).toEqual([
      { type: 'tool_call', call: { callId: 'call_balance', name: 'balance', arguments: '{"account":"savings"}' } },
      { type: 'tool_call', call: { callId: 'call_weather', name: 'weather', arguments: '{"city":"Paris"}' } },
      { type: 'finish', reason: 'tool_calls', usage: { inputTokens: 12, outputTokens: 5 } },
    ]);
    expect(fake.requests[0]!.body.tools).toHaveLength(2);
  });

  it('keeps its connections for the next requests', async () => {
    fake.model('gpt');
    const client = connect();
    for (let i = 0; i < 20; i++) await answer(client);
    // A request that follows at once may find the first one's connection still at its last byte.
    expect(fake.connections).toBeLessThan(3);
  });

  it('closes the request when it is aborted in the middle, and throws the reason', async () => {
    fake.model('gpt').reply({ steps: [{ say: 'Well, ' }, { stall: true }] });
    const controller = new AbortController();
    const stream = connect().stream(request(), controller.signal)[Symbol.asyncIterator]();
    expect(await stream.next()).toMatchObject({ value: { text: 'Well, ' } });
    const reason = new Aborted('barge_in');
    const rest = stream.next();
    controller.abort(reason);
    await expect(rest).rejects.toBe(reason);
    expect(await fake.requests[0]!.over).toBe('closed');
  });

  it('closes the request when it is aborted before its headers', async () => {
    fake.model('gpt').reply({ silence: true });
    const controller = new AbortController();
    const answering = answer(connect(), request(), controller.signal);
    const got = await fake.requested(0);
    const reason = new Aborted('hangup');
    controller.abort(reason);
    expect(await answering).toEqual({ events: [], error: reason });
    expect(await got.over).toBe('closed');
  });

  it('closes the request when nobody wants the rest', async () => {
    fake.model('gpt').reply({ steps: [{ say: 'Well, ' }, { stall: true }] });
    for await (const event of connect().stream(request(), new AbortController().signal)) {
      expect(event).toMatchObject({ text: 'Well, ' });
      break;
    }
    expect(await fake.requests[0]!.over).toBe('closed');
  });

  it.each<[string, FakeReply, Partial<LlmError>]>([
    ['429', rateLimited(), { fault: 'overloaded', retryAfterMs: undefined }],
    ['429 with retry-after-ms', rateLimited({ 'retry-after-ms': '1200' }), { retryAfterMs: 1200 }],
    ['429 with retry-after', rateLimited({ 'retry-after': '7' }), { retryAfterMs: 7000 }],
    [
      '429 with a date',
      rateLimited({ 'retry-after': new Date(new ManualClock().wallTime() + 20_000).toUTCString() }),
      { retryAfterMs: 20_000 },
    ],
    [
      'a used-up quota',
      { status: 429, body: { error: { message: 'You exceeded your quota', code: 'insufficient_quota' } } },
      { fault: 'misconfigured', retryable: false },
    ],
    ['500', serverError, { fault: 'server_error', retryable: true }],
    ['408', { status: 408 }, { fault: 'server_error' }],
    ['an HTML page', htmlPage, { fault: 'server_error' }],
    ['400', { status: 400, body: { error: { message: 'No.', code: 'invalid_value' } } }, { fault: 'rejected' }],
    ['403', { status: 403 }, { fault: 'misconfigured' }],
    ['a content filter', contentFiltered, { fault: 'content_filter', retryable: false }],
    ['a conversation that is too long', tooLong, { fault: 'context_length' }],
    [
      'a conversation that is too long, as vLLM says it',
      { status: 400, body: { message: "This model's maximum context length is 4096 tokens.", code: 400 } },
      { fault: 'context_length' },
    ],
    ['a hang-up', { hangUp: true }, { fault: 'unreachable', retryable: true }],
    ['JSON in place of a stream', { status: 200, body: { choices: [] } }, { fault: 'broken_stream' }],
    [
      'a page in place of a stream',
      { status: 200, body: '<html>', headers: { 'content-type': 'text/html' } },
      { fault: 'broken_stream' },
    ],
  ])('turns %s into an error of its kind', async (_, reply, expected) => {
    fake.model('gpt').reply(reply);
    const { events, error } = await answer(connect());
    expect(events).toEqual([]);
    expect(error).toBeInstanceOf(LlmError);
    expect(error).toMatchObject({ code: 'llm_failed', ...expected });
    expect(fake.model('gpt').asked).toBe(1);
  });

  it.each<[string, FakeReply, Partial<LlmError>]>([
    ['breaks', { steps: [{ say: 'Well, ' }, { die: true }] }, { fault: 'broken_stream' }],
    ['ends without an end', { steps: [{ say: 'Well, ' }, { end: true }] }, { fault: 'broken_stream' }],
    ['is no JSON', { steps: [{ say: 'Well, ' }, { raw: 'data: {"choi\n\n' }] }, { fault: 'broken_stream' }],
    ['is no object', { steps: [{ say: 'Well, ' }, { chunk: null }] }, { fault: 'broken_stream' }],
    [
      'is garbage',
      { steps: [{ say: 'Well, ' }, { raw: '\u0000\u0001 garbage\n\n' }, { end: true }] },
      { fault: 'broken_stream' },
    ],
    [
      'ends with an error',
      { steps: [{ say: 'Well, ' }, { error: { message: 'boom', code: 'server_error' } }] },
      { fault: 'server_error' },
    ],
    ['is filtered', { steps: [{ say: 'Well, ' }, { finish: 'content_filter' }] }, { fault: 'content_filter' }],
  ])('brings what came before the answer %s', async (_, reply, expected) => {
    fake.model('gpt').reply(reply);
    const { events, error } = await answer(connect());
    expect(textOf(events)).toBe('Well, ');
    expect(events.some(({ type }) => type === 'finish')).toBe(false);
    expect(error).toBeInstanceOf(LlmError);
    expect(error).toMatchObject(expected);
  });

  it('does not need [DONE], nor usage', async () => {
    fake.model('gpt').reply({ steps: [{ say: 'Yes.' }, { finish: 'stop' }, { end: true }] });
    expect((await answer(connect())).events.at(-1)).toEqual({ type: 'finish', reason: 'stop' });
  });

  it('does not wait long for the end of a finished answer', async () => {
    fake.model('gpt').reply({ steps: [{ say: 'Yes.' }, { finish: 'stop' }, { stall: true }] });
    const stream = connect().stream(request(), new AbortController().signal)[Symbol.asyncIterator]();
    await stream.next();
    const last = stream.next();
    while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(300);
    expect(await last).toEqual({ done: false, value: { type: 'finish', reason: 'stop' } });
    expect(await stream.next()).toMatchObject({ done: true });
    expect(await fake.requests[0]!.over).toBe('closed');
  });

  it('speaks an answer that was cut off as it is', async () => {
    fake.model('gpt').reply({ steps: [{ say: 'It is' }, { finish: 'length' }] });
    expect((await answer(connect())).events).toMatchObject([{ text: 'It is' }, { type: 'finish', reason: 'length' }]);
  });

  it('passes arguments on that are no JSON, and names calls that have no id', async () => {
    const fragment = { index: 0, id: '', name: 'look', arguments: '{"a": ' };
    fake.model('gpt').reply({ steps: [{ call: fragment }, { finish: 'stop' }] });
    const { events } = await answer(connect());
    expect(events.slice(-2)).toMatchObject([
      { type: 'tool_call', call: { callId: expect.stringMatching(/./), name: 'look', arguments: '{"a": ' } },
      { type: 'finish', reason: 'tool_calls' },
    ]);
  });

  it('sends a conversation with gaps as the service wants it', async () => {
    fake.model('gpt');
    const call = (callId: string, name = 'look', json = '{}') => ({ callId, name, arguments: json });
    const { error } = await answer(
      connect(),
      request({
        messages: [
          { role: 'system', content: 'You are a desk.' },
          { role: 'tool', callId: 'forgotten', name: 'look', content: '{}' },
          { role: 'assistant', content: '', toolCalls: [call('a'), call('b', 'no such tool!', 'nonsense')] },
          { role: 'user', content: '', rejected: true },
          { role: 'tool', callId: 'a', name: 'look', content: '{"late":true}' },
          { role: 'assistant', content: 'Hm.' },
          { role: 'user', content: 'Hello?' },
        ],
      }),
    );
    expect(error).toBeUndefined();
    expect(fake.complaints).toEqual([]);
    expect(
      fake.requests[0]!.body.messages.map(({ role, tool_call_id, content }) => [role, tool_call_id ?? content]),
    ).toEqual([
      ['system', 'You are a desk.'],
      ['assistant', null],
      ['tool', 'a'],
      ['tool', 'b'],
      ['user', '(The caller said something that was not understood.)'],
      ['assistant', 'Hm.'],
      ['user', 'Hello?'],
    ]);
  });

  it('does not send again what the content filter refused', async () => {
    fake.model('gpt').reply(contentFiltered, says('Yes?'));
    const client = connect();
    const memory = {};
    const said = { role: 'user', content: 'something awful' } as const;
    await answer(client, request({ messages: [said], memory }));
    const { events } = await answer(client, request({ messages: [said, { role: 'user', content: 'Hello?' }], memory }));
    expect(textOf(events)).toBe('Yes?');
    expect(JSON.stringify(fake.requests[1]!.body)).not.toContain('awful');
    expect(JSON.parse(JSON.stringify(memory))).toEqual({ withheld: ['something awful'] });
  });

  it('takes what the agent wants', async () => {
    fake.model('gpt');
    await answer(connect(), request({ sampling: { temperature: 0, maxTokens: 40 } }));
    const { temperature, max_tokens: older, max_completion_tokens: newer } = fake.requests[0]!.body;
    expect([temperature, older ?? newer]).toEqual([0, 40]);
  });

  it('warms up with a single token', async () => {
    fake.model('gpt').reply({ steps: [{ finish: 'length' }] }, serverError);
    const client = connect();
    expect(await client.warmUp(new AbortController().signal)).toBe(true);
    const { max_tokens: older, max_completion_tokens: newer } = fake.requests[0]!.body;
    expect(older ?? newer).toBe(1);
    await expect(client.warmUp(new AbortController().signal)).rejects.toMatchObject({ fault: 'server_error' });
  });

  it('never says a key or what was said in an error', async () => {
    fake.model('gpt').reply({
      status: 400,
      body: { error: { message: 'You said: my secret', code: 'my secret thing', param: 'the secret one' } },
    });
    const { error } = await answer(connect());
    expect(String(error)).not.toContain('secret');
    expect((error as Error).cause).toBeUndefined();
  });
});

describe('credentials', () => {
  it('that are wrong are the operator’s fault, and do not come back', async () => {
    fake.model('gpt');
    for (const client of [azure('gpt', { key: 'sk-wrong-and-secret' }), openai('gpt', 'sk-wrong-and-secret')]) {
      const { error } = await answer(client);
      expect(error).toMatchObject({ fault: 'misconfigured', retryable: false });
      expect(String(error)).toMatch(/HTTP 401/);
      expect(String(error)).not.toContain('sk-wrong');
    }
  });

  it('may be tokens, asked for anew each time', async () => {
    await fake.stop();
    fake = await FakeOpenAi.start({ tokens: ['token-1', 'token-2'] });
    fake.model('gpt');
    let count = 0;
    const client = azure('gpt', { token: async () => `token-${++count}` });
    await answer(client);
    await answer(client);
    expect(fake.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-2']);
    expect((await answer(client)).error).toMatchObject({ fault: 'misconfigured' });
  });

  it('that cannot be had are an error of their own', async () => {
    fake.model('gpt');
    const refused = new LlmError('misconfigured', 'Entra ID gives no token');
    const { error } = await answer(azure('gpt', { token: () => Promise.reject(refused) }));
    expect(error).toBe(refused);
    expect(fake.requests).toEqual([]);
  });

  it('need not be there for a server of one’s own', async () => {
    await fake.stop();
    fake = await FakeOpenAi.start({ key: '' });
    fake.model('llama3');
    expect(textOf((await answer(openai('llama3', ''))).events)).toBe('All right.');
  });
});

describe('a server', () => {
  it('that does not have the model', async () => {
    expect((await answer(azure('typo'))).error).toMatchObject({
      fault: 'misconfigured',
      message: 'azure:typo: HTTP 404 (DeploymentNotFound, request req-1)',
    });
    expect((await answer(openai('typo'))).error).toMatchObject({ message: /model_not_found/ });
  });

  it('that is not there', async () => {
    const gone = await FakeOpenAi.start();
    const { baseUrl } = gone;
    await gone.stop();
    const client = openai('gpt', fake.key, baseUrl);
    expect((await answer(client)).error).toMatchObject({
      fault: 'unreachable',
      message: 'openai:gpt: no connection (ECONNREFUSED)',
    });
  });
});
