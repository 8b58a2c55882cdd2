import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConversationHarness, nothingLeft } from '../../src/conversation/testing/conversation-harness.js';
import { testAgent } from '../../src/conversation/testing/test-agent.js';
import { testTool } from '../../src/conversation/testing/test-tool.js';
import type { ManualClock } from '../../src/kernel/clock.js';
import { connectOpenAi } from '../../src/llm/drivers/openai/connect-openai.js';
import { FailoverLlmClient } from '../../src/llm/failover/failover-llm.client.js';
import { GuardedModel } from '../../src/llm/failover/guarded-model.js';
import { FakeOpenAi } from '../fakes/openai/fake-openai.js';
import { calls, contentFiltered, says, serverError, tooLong } from '../fakes/openai/fake-reply.js';

const limits = { firstTokenMs: 1500, firstTokenTotalMs: 6000, betweenTokensMs: 2500, totalMs: 30_000 };
let fake: FakeOpenAi;
let failover: FailoverLlmClient;
let call: ConversationHarness;

beforeEach(async () => {
  fake = await FakeOpenAi.start();
  fake.model('first');
  fake.model('second').always(says('The second one is here.'));
});

afterEach(async () => {
  await call.hangUp();
  await failover.close();
  expect(await call.left()).toEqual(nothingLeft);
  expect(fake.complaints).toEqual([]);
  await fake.stop();
});

function models(clock: ManualClock): FailoverLlmClient {
  const list = ['first', 'second'].map((model) => {
    const client = connectOpenAi(
      { name: `openai:${model}`, model, maxTokens: 500, temperature: 0.7 },
      { baseUrl: fake.baseUrl, apiKey: fake.key },
      { connectMs: 1000, totalMs: 30_000 },
      clock,
    );
    return new GuardedModel(client, false, clock, { failures: 3, openMs: 10_000, probeMs: 6000 }, () => undefined);
  });
  failover = new FailoverLlmClient(list, clock, limits);
  return failover;
}

async function start(options: ConstructorParameters<typeof ConversationHarness>[0] = {}): Promise<void> {
  call = await ConversationHarness.start({ ...options, llm: models });
}

/** The caller types; lets the sockets work, while the clock stands still, until the model has said all it has. */
async function ask(text: string): Promise<void> {
  const before = call.wire.events('text_stream_stop').length;
  call.pipeline.pushText(text);
  await until(() => call.wire.events('text_stream_stop').length > before);
}

async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setImmediate(resolve));
}

const spoken = (): string[] => call.tts.requests.map(({ text }) => text.trim());

describe('a conversation over the wire', () => {
  it('runs tools that the model asks for at once, and tells it what came of them', async () => {
    fake
      .model('first')
      .reply(
        calls({ name: 'balance', arguments: { of: 'savings' } }, { name: 'weather', arguments: '{"city": ' }),
        says('You have five euros.'),
      );
    const tool = (name: string) => testTool(name, async (args) => ({ result: { name, args } }));
    await start({ agents: [testAgent({ tools: ['balance', 'weather'] })], tools: [tool('balance'), tool('weather')] });
    await ask('hello');
    const [, , question, ...results] = fake.requests[1]!.body.messages;
    expect(question).toMatchObject({ role: 'assistant', content: null });
    expect(results.map(({ role, tool_call_id }) => [role, tool_call_id])).toEqual([
      ['tool', 'call_balance'],
      ['tool', 'call_weather'],
    ]);
    expect(results[0]!.content).toContain('savings');
    expect(results[1]!.content).toContain('invalid_arguments');
    expect(spoken()).toEqual(['You have five euros.']);
  });

  it('closes the request when the caller cuts in', async () => {
    fake.model('first').reply({ steps: [{ say: 'Let me tell you a very long story. ' }, { stall: true }] });
    await start();
    call.pipeline.pushText('tell me a story');
    await until(() => call.wire.events('text_chunk').length > 0);
    await call.until('audio_stream_start');
    await call.quiet(400);
    call.stt.hears('stop it please');
    await call.speak(400);
    await call.quiet(520);
    expect(await fake.requests[0]!.over).toBe('closed');
    await until(() => fake.requests.length > 1);
    const [, user, assistant, next] = fake.requests[1]!.body.messages;
    expect([user!.content, next!.content]).toEqual(['tell me a story', 'stop it please']);
    expect('Let me tell you a very long story.'.startsWith(assistant!.content!)).toBe(true);
    expect(failover.models().map(({ state }) => state)).toEqual(['closed', 'closed']);
    await until(() => spoken().length > 1);
  });

  it('closes the request when the caller hangs up', async () => {
    fake.model('first').reply({ silence: true });
    await start();
    call.pipeline.pushText('hello');
    const request = await fake.requested(0);
    await call.hangUp();
    expect(await request.over).toBe('closed');
  });

  it('goes on after a question that may not be asked, in words of the agent', async () => {
    fake.model('first').reply(contentFiltered, says('Hello.'));
    await start();
    await ask('something awful');
    expect(spoken()).toEqual(['I cannot talk about that.']);
    await call.until('generation_complete');
    await ask('all right, hello');
    expect(spoken()).toEqual(['I cannot talk about that.', 'Hello.']);
    expect(JSON.stringify(fake.requests[1]!.body)).not.toContain('awful');
  });

  it('goes on when the answer is filtered half-way', async () => {
    fake.model('first').reply({ steps: [{ say: 'First of all you take a sharp. ' }, { finish: 'content_filter' }] });
    await start();
    await ask('tell me how');
    await until(() => spoken().length === 2);
    expect(spoken()).toEqual(['First of all you take a sharp.', 'I cannot talk about that.']);
  });

  it('says so when it has grown too long for every model', async () => {
    for (const name of ['first', 'second']) fake.model(name).always(tooLong);
    await start();
    await ask('hello');
    expect(spoken()).toEqual(['I have lost the thread.']);
  });
});

describe('a model that fails', () => {
  it.each([
    ['at once', serverError],
    ['in the middle of a word', { steps: [{ say: 'I am the fi' }, { die: true as const }] }],
  ])('%s is not heard', async (_, reply) => {
    fake.model('first').reply(reply);
    await start();
    call.pipeline.pushText('hello');
    await until(() => spoken().length > 0);
    expect(await call.until('generation_complete')).toMatchObject({ outcome: 'completed' });
    expect(spoken()).toEqual(['The second one is here.']);
    expect(call.wire.events('error')).toEqual([]);
  });

  it('by saying nothing is not heard, but for the time', async () => {
    fake.model('first').reply({ silence: true });
    await start();
    call.pipeline.pushText('hello');
    await fake.requested(0);
    await call.quiet(1500);
    await until(() => spoken().length > 0);
    expect(await call.until('generation_complete')).toMatchObject({ outcome: 'completed' });
    expect(spoken()).toEqual(['The second one is here.']);
    expect(call.wire.timeOf('audio_stream_start')).toBeLessThan(2000);
  });

  it('after it has spoken is apologised for', async () => {
    fake.model('first').reply({ steps: [{ say: 'Let me see what there is. It' }, { die: true }] });
    await start();
    await ask('hello');
    await call.until('generation_complete');
    expect(spoken()).toEqual(['Let me see what there is.', 'It', 'Sorry, that did not work.']);
    expect(fake.model('second').asked).toBe(0);
    expect(call.wire.events('error')).toMatchObject([{ code: 'llm_failed', retryable: true }]);
  });
});
