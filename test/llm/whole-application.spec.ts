import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CallClient } from '../../src/cli/call-client.js';
import { LocalServer } from '../../src/cli/local-server.js';
import { FakeOpenAi } from '../fakes/openai/fake-openai.js';
import { type FakeReply, contentFiltered, rateLimited, says, serverError } from '../fakes/openai/fake-reply.js';
import { TestServer, withoutSpeech } from '../support/test-server.js';

const WRONG_KEY = 'a-wrong-key-that-nobody-may-see';
const SAID = 'my xylophone is green';
let fake: FakeOpenAi;
let server: LocalServer | TestServer;

beforeEach(async () => {
  fake = await FakeOpenAi.start();
  fake.model('first').always(says('I am the first of them.'));
  fake.model('second').always(says('I am the second of them.'));
});
afterEach(async () => {
  await server.stop();
  await fake.stop();
});

const settings = (more: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...withoutSpeech,
  GREETING: 'off',
  AZURE_OPENAI_ENDPOINT: fake.azureEndpoint,
  AZURE_OPENAI_API_KEY: fake.key,
  OPENAI_BASE_URL: fake.baseUrl,
  OPENAI_API_KEY: fake.key,
  LLM_BREAKER_OPEN_MS: '500',
  ...more,
});

async function start(more: NodeJS.ProcessEnv): Promise<void> {
  server = await TestServer.start(settings(more));
}

/** A process of its own, whose log can be read. */
async function startLogging(more: NodeJS.ProcessEnv): Promise<LocalServer> {
  const logging = await LocalServer.start(settings({ LOG_LEVEL: 'trace', ...more }));
  server = logging;
  return logging;
}

/** What the agent says to each of these, one call, one question after the other. */
async function answers(...questions: string[]): Promise<string[]> {
  const call = await CallClient.connect({ url: server.url, sampleRate: 8000, encoding: 'pcm16' });
  const texts: string[] = [];
  for (const text of questions) {
    const since = call.events.length;
    call.send({ type: 'user_message', text });
    await call.waitFor('an answer', (event) => event.type === 'generation_complete', 10_000, since);
    texts.push(
      call.events
        .slice(since)
        .flatMap((event) => (event.type === 'text_stream_stop' ? [event.text] : []))
        .join(' '),
    );
  }
  await call.hangUp();
  return texts;
}

async function dialogue(): Promise<{ status: number; check: Record<string, unknown> }> {
  const response = await fetch(`${server.url}/api/v1/readiness`);
  const { checks } = (await response.json()) as { checks: Record<string, unknown>[] };
  return { status: response.status, check: checks.find(({ component }) => component === 'dialogue')! };
}

describe('a server with models', () => {
  it('is answered by the first, and shows all of them', async () => {
    await start({ LLM_MODELS: 'azure:first,openai:second,embedded' });
    expect(await answers('hello')).toEqual(['I am the first of them.']);
    expect(await dialogue()).toMatchObject({
      status: 200,
      check: {
        status: 'up',
        details: { models: { 'azure:first': 'closed', 'openai:second': 'closed', embedded: 'closed' } },
      },
    });
  });

  it('goes on with the next one, tells the operator once, and no secret and nobody’s words to anybody', async () => {
    const logging = await startLogging({
      LLM_MODELS: 'azure:first,openai:second',
      AZURE_OPENAI_API_KEY: WRONG_KEY,
      LLM_BREAKER_OPEN_MS: '60000',
    });
    fake.model('second').always({ status: 400, body: { error: { message: SAID, code: SAID } } });
    fake.model('second').reply(says('I am the second of them.'));
    const [first, second] = await answers('hello', SAID);
    expect([first, second]).toEqual(['I am the second of them.', expect.stringContaining('I am sorry')]);
    expect(await dialogue()).toMatchObject({
      status: 200,
      check: { details: { models: { 'azure:first': 'open', 'openai:second': 'closed' } } },
    });
    expect(await logging.stop()).toBe(0);
    const log = logging.output.join('\n');
    expect(logging.output.filter((line) => line.includes('azure:first: HTTP 401'))).toHaveLength(2);
    expect(log).toContain('azure:first is not asked for 60000 ms');
    for (const secret of [fake.key, WRONG_KEY, 'xylophone', 'the second of them']) expect(log).not.toContain(secret);
  });

  it('answers by its own rules when no model does', async () => {
    for (const name of ['first', 'second']) fake.model(name).always(serverError);
    await start({ LLM_MODELS: 'azure:first,openai:second,embedded' });
    expect((await answers('goodbye'))[0]).toMatch(/Thank you for calling/);
  });

  it('is not ready while none of its models can be asked, and is again by itself', async () => {
    fake.model('first').always({ status: 401 });
    const logging = await startLogging({ LLM_MODELS: 'azure:first' });
    expect((await answers('hello'))[0]).toMatch(/went wrong/);
    while ((await dialogue()).status !== 503) await new Promise((resolve) => setImmediate(resolve));
    fake.model('first').always(says('I am the first of them.'));
    while ((await dialogue()).status !== 200) await new Promise((resolve) => setImmediate(resolve));
    expect(await answers('hello')).toEqual(['I am the first of them.']);
    expect(logging.output.join('\n')).toContain('azure:first works again');
    expect(await logging.stop()).toBe(0);
  });

  it.each<[string, FakeReply, RegExp]>([
    ['may not be asked', contentFiltered, /cannot talk about/],
    ['is overloaded', rateLimited(), /second of them/],
  ])('has words for a model that %s', async (_, reply, words) => {
    await start({ LLM_MODELS: 'azure:first,openai:second' });
    fake.model('first').reply(reply);
    expect((await answers('hello'))[0]).toMatch(words);
  });
});
