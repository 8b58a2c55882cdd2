import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AzureSpeechFake } from '../fakes/azure-speech/azure-speech-fake.js';
import { CosmosEmulator } from '../fakes/cosmos/cosmos-emulator.js';
import { ToolServer } from '../fakes/mcp/tool-server.js';
import { FakeOpenAi } from '../fakes/openai/fake-openai.js';
import { type FakeReply, calls, htmlPage, rateLimited, says, serverError } from '../fakes/openai/fake-reply.js';
import { RedisServer, describeWithRedis } from '../support/redis.js';
import { until } from '../support/replicas.js';
import { TestCaller, TestServer } from '../support/test-server.js';
import { deskTool } from './desk-tool.js';

const ANSWER = 'Fine.';

describeWithRedis('a production stack, in which one thing after the other fails', () => {
  let redis: RedisServer;
  let openai: FakeOpenAi;
  let azure: AzureSpeechFake;
  let cosmos: CosmosEmulator;
  let tools: ToolServer;
  let server: TestServer;

  beforeAll(async () => {
    [redis, openai, azure, cosmos, tools] = await Promise.all([
      RedisServer.start(),
      FakeOpenAi.start(),
      AzureSpeechFake.start(),
      CosmosEmulator.start(),
      ToolServer.start(),
    ]);
    openai.model('first').always(says(ANSWER));
    openai.model('second').always(says(ANSWER));
    server = await TestServer.start({
      ...cosmos.settings,
      CONVERSATION_STORE_TIMEOUT_MS: '400',
      DATA_DIR: mkdtempSync(path.join(tmpdir(), 'parley-chaos-')),
      REDIS_URL: redis.url,
      REDIS_COMMAND_TIMEOUT_MS: '300',
      REDIS_CONNECT_TIMEOUT_MS: '500',
      LLM_MODELS: 'azure:first,azure:second',
      AZURE_OPENAI_ENDPOINT: openai.azureEndpoint,
      AZURE_OPENAI_API_KEY: openai.key,
      LLM_BREAKER_OPEN_MS: '500',
      LLM_FIRST_TOKEN_MS: '1000',
      STT_SERVICE_MODELS: 'azure,scripted',
      TTS_SERVICE_MODELS: 'azure,scripted',
      AZURE_SPEECH_KEY: azure.key,
      AZURE_SPEECH_ENDPOINT: azure.url,
      SPEECH_BREAKER_OPEN_MS: '500',
      TTS_FIRST_AUDIO_MS: '500',
      SCRIPTED_TTS_WORD_MS: '100',
      ...deskTool(tools),
      MCP_CONNECT_TIMEOUT_MS: '1000',
      VAD: 'energy',
      GREETING: 'off',
    });
  });
  afterEach(async () => {
    openai.model('first').always(says(ANSWER));
    openai.model('second').always(says(ANSWER));
    azure.tts = azure.stt = {};
    azure.tokenStatus = 200;
    cosmos.fault = 'none';
    tools.fault = 'none';
    redis.thaw();
    expect(Object.entries(await server.quiet()).filter(([, count]) => count > 0)).toEqual([]);
    // Everything finds its way back by itself.
    let last: unknown;
    await until('everything is in use again', async () => {
      const { body } = await server.get('/api/v1/readiness');
      last = body;
      return body.status === 'ready' && !/:"(open|half_open)"/.test(JSON.stringify(body));
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(last)}`);
    });
    const caller = await TestCaller.dial(server);
    expect(await talk(caller)).toMatchObject({ words: [ANSWER], outcome: 'completed' });
    await leave(caller);
  });
  afterAll(async () => {
    await server.stop();
    await Promise.all([redis.stop(), openai.stop(), azure.stop(), cosmos.stop(), tools.stop()]);
  });

  /** One turn: what the agent said, whether there was anything to hear, and how it ended. */
  async function talk(
    caller: TestCaller,
    text = 'how is my account',
  ): Promise<{ words: string[]; heard: boolean; outcome: string }> {
    const before = caller.audioBytes;
    const events = await caller.ask(text);
    return {
      words: events.flatMap((event) => (event.type === 'text_stream_stop' ? [event.text.trim()] : [])),
      heard: caller.audioBytes > before,
      outcome: events.flatMap((event) => (event.type === 'generation_complete' ? [event.outcome] : [])).at(-1)!,
    };
  }

  /** Hangs up; what was said must arrive where conversations are kept, whatever has happened. */
  async function leave(caller: TestCaller): Promise<void> {
    const { session_id } = await caller.next('session_started');
    await caller.hangUp();
    cosmos.fault = 'none';
    await until('the conversation is kept', async () => {
      const { status, body } = await server.get(`/api/v1/conversations/${session_id}`);
      return status === 200 && body.status === 'completed';
    });
  }

  const dying: FakeReply = { steps: [{ say: 'Fi' }, { die: true }] };
  const garbage: FakeReply = { steps: [{ raw: 'data: {"choices":[{"del\n\n' }] };

  it.each<[string, FakeReply]>([
    ['never sends a header', { silence: true }],
    ['stalls before its first word', { steps: [{ stall: true }] }],
    ['refuses the connection', { hangUp: true }],
    ['answers 500', serverError],
    ['answers 429', rateLimited({ 'retry-after-ms': '300' })],
    ['answers with a page', htmlPage],
    ['dies in the middle of a word', dying],
    ['sends garbage', garbage],
  ])('model: one that %s is not noticed by the caller', async (_, fault) => {
    openai.model('first').always(fault);
    const caller = await TestCaller.dial(server);
    for (let turn = 0; turn < 2; turn++) {
      const { words, heard, outcome } = await talk(caller);
      // What it said before is on the screen, but was not spoken.
      expect([words.at(-1), heard, outcome]).toEqual([ANSWER, true, 'completed']);
    }
    await leave(caller);
  });

  it('model: with none left the caller hears an apology, and is served again when there is', async () => {
    openai.model('first').always(serverError);
    openai.model('second').always({ hangUp: true });
    const caller = await TestCaller.dial(server);
    expect(await talk(caller)).toMatchObject({
      words: [expect.stringContaining('something went wrong')],
      heard: true,
      outcome: 'failed',
    });
    openai.model('second').always(says(ANSWER));
    await until('it answers again', async () => (await talk(caller)).outcome === 'completed');
    await leave(caller);
  });

  it.each<[string, () => void]>([
    ['refuses', () => (azure.tts = { refuse: 503 })],
    ['dies in the middle of a sentence', () => (azure.tts = { diesAfterWords: 0 })],
    ['sends garbage', () => (azure.tts = { garbageAfterWords: 1 })],
    ['stalls', () => (azure.tts = { stallsAfterWords: 0 })],
  ])('voice: one that %s is replaced by another', async (_, fail) => {
    const caller = await TestCaller.dial(server);
    fail();
    expect(await talk(caller)).toMatchObject({ words: [ANSWER], heard: true, outcome: 'completed' });
    await leave(caller);
  });

  it.each(['hangs', 'cut', 'garbage', 'throttles', 503] as const)(
    'conversation store: one that %s is not noticed, and nothing is lost',
    async (fault) => {
      const caller = await TestCaller.dial(server);
      cosmos.fault = fault;
      expect(await talk(caller)).toMatchObject({ words: [ANSWER], heard: true, outcome: 'completed' });
      await until(
        'the operator sees it',
        async () => (await server.get('/api/v1/readiness')).body.status === 'degraded',
      );
      await leave(caller);
    },
  );

  it.each(['hangs', 'garbage', 'html', 503] as const)(
    'tool server: with one that %s the agent goes on',
    async (fault) => {
      openai.model('first').reply(calls({ name: 'desk_greet', arguments: { name: 'Ann' } }));
      const caller = await TestCaller.dial(server);
      tools.fault = fault;
      const { words, heard, outcome } = await talk(caller);
      expect([words.at(-1), heard, outcome]).toEqual([ANSWER, true, 'completed']);
      // It says so while the tool keeps it waiting.
      if (fault === 'hangs') expect(words[0]).toBe('One moment, please.');
      expect(caller.events.find((event) => event.type === 'tool_end')).toMatchObject({ ok: false });
      tools.fault = 'none';
      await until('it is found again', async () => {
        const { body } = await server.get('/api/v1/ready');
        return (
          (body['details'] as { mcp_servers: Record<string, { status: string }> }).mcp_servers['desk']?.status ===
          'healthy'
        );
      });
      openai.model('first').reply(calls({ name: 'desk_greet', arguments: { name: 'Ann' } }));
      await talk(caller);
      expect(caller.events.findLast((event) => event.type === 'tool_end')).toMatchObject({ ok: true });
      await leave(caller);
    },
  );

  it('Redis: frozen, killed and started again in the middle of a call is not noticed', async () => {
    const caller = await TestCaller.dial(server);
    redis.freeze();
    expect(await talk(caller)).toMatchObject({ words: [ANSWER], heard: true, outcome: 'completed' });
    const another = await TestCaller.dial(server);
    expect(await talk(another)).toMatchObject({ heard: true, outcome: 'completed' });
    await until('the operator sees it', async () => (await server.get('/api/v1/readiness')).body.status === 'degraded');
    redis.thaw();
    await redis.kill();
    expect(await talk(caller)).toMatchObject({ words: [ANSWER], heard: true, outcome: 'completed' });
    await redis.restart();
    expect(await talk(caller)).toMatchObject({ words: [ANSWER], heard: true, outcome: 'completed' });
    await leave(caller);
    await leave(another);
  });

  it('everything at once: the caller hears an apology in another voice, and nothing is lost', async () => {
    const caller = await TestCaller.dial(server);
    openai.model('first').always(serverError);
    openai.model('second').always(serverError);
    azure.tts = { refuse: 503 };
    cosmos.fault = 503;
    tools.fault = 503;
    redis.freeze();
    expect(await talk(caller)).toMatchObject({
      words: [expect.stringContaining('something went wrong')],
      heard: true,
      outcome: 'failed',
    });
    redis.thaw();
    await leave(caller);
  });
});
