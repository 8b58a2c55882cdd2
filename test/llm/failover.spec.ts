import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Aborted } from '../../src/kernel/abort.js';
import { ManualClock } from '../../src/kernel/clock.js';
import { connectAzure, connectOpenAi } from '../../src/llm/drivers/openai/connect-openai.js';
import { FailoverLlmClient } from '../../src/llm/failover/failover-llm.client.js';
import { GuardedModel } from '../../src/llm/failover/guarded-model.js';
import type { LlmClient, LlmEvent, LlmRequest } from '../../src/llm/llm-client.js';
import { ScriptedLlmClient } from '../../src/llm/testing/scripted-llm.client.js';
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

const options = { firstTokenMs: 1500, firstTokenTotalMs: 2800, betweenTokensMs: 2500, totalMs: 30_000 };
const guard = { failures: 3, openMs: 10_000, probeMs: 2800 };
let clock: ManualClock;
let fake: FakeOpenAi;
let opened: FailoverLlmClient[];
let logged: string[];

beforeEach(async () => {
  clock = new ManualClock();
  fake = await FakeOpenAi.start();
  for (const name of ['first', 'second']) fake.model(name).always(says(`I am the ${name}.`));
  opened = [];
  logged = [];
});

afterEach(async () => {
  for (const client of opened) await client.close();
  await fake.stop();
  expect(clock.pending).toBe(0);
});

/** `azure:first`, `openai:second`, and whatever comes after. */
function models(...more: LlmClient[]): FailoverLlmClient {
  const settings = { maxTokens: 500, temperature: 0.7 };
  const connection = { connectMs: 1000, totalMs: 30_000 };
  const first = connectAzure(
    { name: 'azure:first', model: 'first', ...settings },
    { endpoint: fake.azureEndpoint, apiVersion: '2024-10-21', credential: { key: fake.key } },
    connection,
    clock,
  );
  const second = connectOpenAi(
    { name: 'openai:second', model: 'second', ...settings },
    { baseUrl: fake.baseUrl, apiKey: fake.key },
    connection,
    clock,
  );
  return list([first, second, ...more]);
}

function list(clients: readonly LlmClient[]): FailoverLlmClient {
  const log = (level: string, line: string): void => void logged.push(`${level}: ${line}`);
  const guarded = clients.map((client) => new GuardedModel(client, client.name === 'scripted', clock, guard, log));
  const client = new FailoverLlmClient(guarded, clock, options);
  opened.push(client);
  return client;
}

const states = (client: LlmClient): string[] => client.models().map(({ state }) => state);

interface Heard {
  text: string;
  readonly events: LlmEvent[];
  error?: unknown;
  finished: boolean;
}

function ask(
  client: LlmClient,
  overrides: Partial<LlmRequest> = {},
  signal = new AbortController().signal,
): { heard: Heard; done: Promise<Heard> } {
  const heard: Heard = { text: '', events: [], finished: false };
  const request: LlmRequest = {
    messages: [{ role: 'user', content: 'Hello' }],
    tools: [],
    dialogue: { slots: {} },
    variables: {},
    memory: {},
    ...overrides,
  };
  const run = async (): Promise<Heard> => {
    try {
      for await (const event of client.stream(request, signal)) {
        heard.events.push(event);
        if (event.type === 'text') heard.text += event.text;
        if (event.type === 'restart') heard.text = '';
        if (event.type === 'finish') heard.finished = true;
      }
    } catch (error) {
      heard.error = error;
    }
    return heard;
  };
  return { heard, done: run() };
}

/** Lets sockets do their work until `what` holds. */
async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setImmediate(resolve));
}

const FAILURES: [string, FakeReply][] = [
  ['is overloaded', rateLimited()],
  ['has an error', serverError],
  ['is behind a broken gateway', htmlPage],
  ['hangs up', { hangUp: true }],
  ['does not know us', { status: 401 }],
  ['does not like the request', { status: 400 }],
  ['breaks off before a word', { steps: [{ die: true }] }],
  ['ends without a word', { steps: [{ finish: 'stop' }] }],
  ['answers with garbage', { steps: [{ raw: 'data: {{{\n\n' }] }],
  ['breaks off in a tool call', { steps: [{ call: { index: 0, id: 'x', name: 'look' } }, { die: true }] }],
];

describe('when the first model', () => {
  it.each(FAILURES)('%s, the second answers', async (_, reply) => {
    fake.model('first').reply(reply);
    const client = models();
    const heard = await ask(client).done;
    expect(heard).toMatchObject({ text: 'I am the second.', finished: true });
    expect(heard.events.some(({ type }) => type === 'restart')).toBe(false);
    expect(logged[0]).toMatch(/^(warn|error): azure:first: /);
    expect(logged.join()).not.toContain(fake.key);
  });

  it.each<[string, FakeReply]>([
    ['never sends a header', { silence: true }],
    ['stalls after its headers', { steps: [{ stall: true }] }],
  ])('%s, the second is asked in time and the request is closed', async (_, reply) => {
    fake.model('first').reply(reply);
    const { done } = ask(models());
    const first = await fake.requested(0);
    await clock.advance(1499);
    expect(fake.model('second').asked).toBe(0);
    await clock.advance(1);
    expect(await done).toMatchObject({ text: 'I am the second.' });
    expect(await first.over).toBe('closed');
  });

  it('works, the second is not asked', async () => {
    expect(await ask(models()).done).toMatchObject({ text: 'I am the first.', finished: true });
    expect(fake.model('second').asked).toBe(0);
    expect(logged).toEqual([]);
  });

  it('breaks off after words that were not spoken, the second begins anew', async () => {
    fake.model('first').reply({ steps: [{ say: 'I am the fir' }, { die: true }] });
    const heard = await ask(models(), { spoken: () => false }).done;
    expect(heard.events.map(({ type }) => type)).toEqual(['text', 'restart', 'text', 'finish']);
    expect(heard.text).toBe('I am the second.');
  });

  it.each<[string, Partial<LlmRequest>]>([
    ['that were spoken', { spoken: () => true }],
    ['of which nobody knows', {}],
  ])('breaks off after words %s, the answer has failed', async (_, overrides) => {
    fake.model('first').reply({ steps: [{ say: 'I am the fir' }, { die: true }] });
    const heard = await ask(models(), overrides).done;
    expect(heard).toMatchObject({ text: 'I am the fir', error: { fault: 'broken_stream' } });
    expect(fake.model('second').asked).toBe(0);
  });

  it('pauses too long in its words, the answer has failed', async () => {
    fake.model('first').reply({ steps: [{ say: 'I am' }, { stall: true }] });
    const { heard, done } = ask(models());
    await until(() => heard.text !== '');
    await clock.advance(2499);
    expect(heard.error).toBeUndefined();
    await clock.advance(1);
    expect(await done).toMatchObject({ text: 'I am', error: { fault: 'slow' } });
    expect(await fake.requests[0]!.over).toBe('closed');
  });

  it('filters the request, nobody else is asked, and it stays in use', async () => {
    fake.model('first').always(contentFiltered);
    const client = models();
    for (let i = 0; i < 4; i++) expect((await ask(client).done).error).toMatchObject({ fault: 'content_filter' });
    expect(fake.model('second').asked).toBe(0);
    expect(states(client)).toEqual(['closed', 'closed']);
    expect(logged).toEqual([]);
  });
});

describe('a conversation that is too long', () => {
  const messages = Array.from({ length: 20 }, (_, i) => ({
    role: i % 2 === 0 ? ('user' as const) : ('assistant' as const),
    content: `message ${i}`,
  })).slice(0, 19);

  it('is asked about again with half of it', async () => {
    fake.model('first').reply(tooLong);
    const client = models();
    const system = { role: 'system' as const, content: 'You are a desk.' };
    expect(await ask(client, { messages: [system, ...messages] }).done).toMatchObject({ text: 'I am the first.' });
    const sent = fake.requests[1]!.body.messages.map(({ content }) => content);
    expect(sent[0]).toBe('You are a desk.');
    expect(sent.at(-1)).toBe('message 18');
    expect(sent.length).toBeGreaterThan(8);
    expect(sent.length).toBeLessThan(12);
    expect(states(client)).toEqual(['closed', 'closed']);
  });

  it('may be short enough for the next model', async () => {
    fake.model('first').always(tooLong);
    expect(await ask(models(), { messages }).done).toMatchObject({ text: 'I am the second.' });
    expect(fake.model('first').asked).toBe(2);
  });

  it('for all of them is an error of its own', async () => {
    fake.model('first').always(tooLong);
    fake.model('second').always(tooLong);
    const client = models();
    expect((await ask(client, { messages }).done).error).toMatchObject({ fault: 'context_length', retryable: false });
    expect(states(client)).toEqual(['closed', 'closed']);
  });
});

describe('a model that keeps failing', () => {
  it('is left alone, tried with a small request, and asked again once that works', async () => {
    fake.model('first').reply(serverError, serverError, serverError, serverError);
    const client = models();
    for (let i = 0; i < 3; i++) expect(await ask(client).done).toMatchObject({ text: 'I am the second.' });
    expect(states(client)).toEqual(['open', 'closed']);
    await ask(client).done;
    expect(fake.model('first').asked).toBe(3);

    await clock.advance(10_000);
    await until(() => fake.model('first').asked === 4 && states(client)[0] === 'open');
    expect(fake.requests.at(-1)!.body).toMatchObject({ max_completion_tokens: 1 });
    expect(await ask(client).done).toMatchObject({ text: 'I am the second.' });

    await clock.advance(10_000);
    await until(() => states(client)[0] === 'closed');
    expect(await ask(client).done).toMatchObject({ text: 'I am the first.' });
    expect(logged).toEqual([
      'warn: azure:first: HTTP 500 (request req-1)',
      'warn: azure:first is not asked for 10000 ms. azure:first: HTTP 500 (request req-1)',
      'warn: azure:first is not asked for 10000 ms. azure:first: HTTP 500 (request req-1)',
      'info: azure:first works again',
    ]);
  });

  it('says itself for how long', async () => {
    fake.model('first').reply(rateLimited({ 'retry-after': '42' }));
    const client = models();
    await ask(client).done;
    expect(states(client)[0]).toBe('open');
    await clock.advance(41_999);
    expect(fake.model('first').asked).toBe(1);
    await clock.advance(1);
    await until(() => states(client)[0] === 'closed');
  });

  it('with wrong credentials is left alone at once, and the operator told', async () => {
    fake.model('first').always({ status: 401 });
    const client = models();
    await ask(client).done;
    expect(states(client)[0]).toBe('open');
    expect(logged[0]).toBe('error: azure:first: HTTP 401 (request req-1)');
  });

  it('is not blamed for callers who hang up, nor for tests of ours that end', async () => {
    fake.model('first').always({ silence: true });
    const client = models();
    for (let i = 0; i < 5; i++) {
      const controller = new AbortController();
      const { done } = ask(client, {}, controller.signal);
      const request = await fake.requested(i);
      const reason = new Aborted('barge_in');
      controller.abort(reason);
      expect((await done).error).toBe(reason);
      expect(await request.over).toBe('closed');
    }
    expect(states(client)).toEqual(['closed', 'closed']);
    expect(logged).toEqual([]);
  });

  it('is not blamed for a deadline that others have used up', async () => {
    fake.model('first').always({ silence: true });
    fake.model('second').always({ silence: true });
    const client = models();
    for (let i = 0; i < 2; i++) {
      const { done } = ask(client);
      await fake.requested(2 * i);
      await clock.advance(1500);
      await fake.requested(2 * i + 1);
      await clock.advance(1300);
      expect((await done).error).toMatchObject({ fault: 'slow' });
    }
    expect(logged.some((line) => line.includes('second'))).toBe(false);
  });
});

describe('when no model can be asked', () => {
  it('the error comes at once', async () => {
    fake.model('first').always({ status: 401 });
    fake.model('second').always({ status: 401 });
    const client = models();
    await ask(client).done;
    const before = fake.requests.length;
    expect((await ask(client).done).error).toMatchObject({ code: 'llm_failed', fault: 'unreachable' });
    expect(fake.requests).toHaveLength(before);
    expect(states(client)).toEqual(['open', 'open']);
  });

  it('one that works again is found without them', async () => {
    fake.model('first').reply({ status: 401 });
    fake.model('second').always({ status: 401 });
    const client = models();
    await ask(client).done;
    await clock.advance(10_000);
    await until(() => states(client)[0] === 'closed');
    expect(await ask(client).done).toMatchObject({ text: 'I am the first.' });
  });

  it('one in this process answers, however much time has passed', async () => {
    fake.model('first').always({ silence: true });
    fake.model('second').always({ silence: true });
    const client = models(new ScriptedLlmClient(clock, () => [{ text: 'I am still here.' }]));
    const { done } = ask(client);
    await fake.requested(0);
    await clock.advance(1500);
    await fake.requested(1);
    await clock.advance(1300);
    expect(await done).toMatchObject({ text: 'I am still here.', finished: true });
  });
});

describe('the list', () => {
  it('is warm when one of its models is, and says of each whether it is', async () => {
    fake.model('first').always(serverError);
    expect(await models().warmUp(new AbortController().signal)).toBe(true);
    expect(await models().warmUpEach(new AbortController().signal)).toEqual([
      { model: 'azure:first', ok: false },
      { model: 'openai:second', ok: true },
    ]);
    fake.model('second').always(serverError);
    expect(await models().warmUp(new AbortController().signal)).toBe(false);
    expect(logged).toContain('warn: openai:second: HTTP 500 (request req-1)');
  });

  it('has a limit for a whole answer', async () => {
    const slow = Array.from({ length: 40 }, () => ({ text: 'well, ', afterMs: 1000 }));
    const { heard, done } = ask(list([new ScriptedLlmClient(clock, () => slow)]));
    await clock.advance(29_999);
    expect(heard.error).toBeUndefined();
    await clock.advance(1);
    expect((await done).error).toMatchObject({ fault: 'slow' });
  });

  it('brings parallel tool calls through', async () => {
    fake.model('first').reply(calls({ name: 'a', arguments: {} }, { name: 'b', arguments: {} }));
    const heard = await ask(models()).done;
    expect(heard.events.filter(({ type }) => type === 'tool_call')).toHaveLength(2);
    expect(heard.events.at(-1)).toMatchObject({ type: 'finish', reason: 'tool_calls' });
  });

  it('lets a model say nothing after a tool', async () => {
    fake.model('first').reply({ steps: [{ finish: 'stop' }] });
    const heard = await ask(models(), {
      messages: [
        { role: 'user', content: 'Bye' },
        { role: 'assistant', content: 'Goodbye.', toolCalls: [{ callId: 'c', name: 'end_call', arguments: '{}' }] },
        { role: 'tool', callId: 'c', name: 'end_call', content: '{}' },
      ],
    }).done;
    expect(heard).toMatchObject({ text: '', finished: true });
    expect(fake.model('second').asked).toBe(0);
  });
});
