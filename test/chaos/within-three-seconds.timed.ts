import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AzureSpeechFake } from '../fakes/azure-speech/azure-speech-fake.js';
import { CosmosEmulator } from '../fakes/cosmos/cosmos-emulator.js';
import { DeepgramFake } from '../fakes/deepgram/deepgram-fake.js';
import { ToolServer } from '../fakes/mcp/tool-server.js';
import { FakeOpenAi } from '../fakes/openai/fake-openai.js';
import { calls, says } from '../fakes/openai/fake-reply.js';
import { RedisServer, describeWithRedis } from '../support/redis.js';
import { TestCaller, TestServer } from '../support/test-server.js';
import { deskTool } from './desk-tool.js';

/** What Parley promises: the caller never waits longer than this for a sound. */
const PROMISED_MS = 3000;
const RATE = 16_000;
const SPEECH_MS = 600;
/** As much as it takes to be sure that the caller has finished, and then more than they would wait. */
const SILENCE_MS = 5000;
const LOUD = 8000;
const CALLERS = 5;

/** With the deadlines that everybody has: these tests are about what all of them come to. */
describeWithRedis('with its usual deadlines, the agent is heard in time', () => {
  let redis: RedisServer;
  let openai: FakeOpenAi;
  let azure: AzureSpeechFake;
  let deepgram: DeepgramFake;
  let cosmos: CosmosEmulator;
  let tools: ToolServer;
  let server: TestServer | undefined;

  beforeEach(async () => {
    [redis, openai, azure, deepgram, cosmos, tools] = await Promise.all([
      RedisServer.start(),
      FakeOpenAi.start(),
      AzureSpeechFake.start(),
      DeepgramFake.start(),
      CosmosEmulator.start(),
      ToolServer.start(),
    ]);
    for (const model of ['first', 'second']) openai.model(model).always(says('There is nothing new on it.'));
    azure.hears(...Array<string>(20).fill('how is my account'));
    deepgram.hears(...Array<string>(20).fill('how is my account'));
  });
  afterEach(async () => {
    redis.thaw();
    await server?.stop();
    server = undefined;
    await Promise.all([redis, openai, azure, deepgram, cosmos, tools].map((dependency) => dependency.stop()));
  });

  async function start(more: NodeJS.ProcessEnv = {}): Promise<TestServer> {
    return (server = await TestServer.start({
      ...cosmos.settings,
      DATA_DIR: mkdtempSync(path.join(tmpdir(), 'parley-chaos-')),
      REDIS_URL: redis.url,
      LLM_MODELS: 'azure:first,azure:second',
      AZURE_OPENAI_ENDPOINT: openai.azureEndpoint,
      AZURE_OPENAI_API_KEY: openai.key,
      STT_SERVICE_MODELS: 'azure,deepgram,scripted',
      TTS_SERVICE_MODELS: 'azure,scripted',
      AZURE_SPEECH_KEY: azure.key,
      AZURE_SPEECH_ENDPOINT: azure.url,
      DEEPGRAM_API_KEY: deepgram.key,
      DEEPGRAM_URL: deepgram.url,
      SCRIPTED_TTS_WORD_MS: '100',
      VAD: 'energy',
      ...deskTool(tools),
      ...more,
    }));
  }

  const modelIsSilent = (): void => void openai.model('first').always({ silence: true });
  const noModelAnswers = (): void => {
    for (const model of ['first', 'second']) openai.model(model).always({ silence: true });
  };
  const voiceHangs = (): void => {
    azure.tts = { hangs: true };
    azure.drop();
  };
  const voiceStalls = (): void => void (azure.tts.stallsAfterWords = 0);
  const recognisersHang = (): void => {
    azure.stt = { hangs: true };
    azure.drop();
    deepgram.faults = { hangs: true };
    deepgram.dropIdle();
  };
  const recognisersNeverAnswer = (): void => {
    azure.stt.neverFinal = true;
    deepgram.faults.neverFinal = true;
  };
  const storesHang = (): void => {
    cosmos.fault = 'hangs';
    redis.freeze();
  };
  const toolHangs = (): void => {
    openai.model('first').reply(calls({ name: 'desk_greet', arguments: { name: 'Ann' } }));
    tools.fault = 'hangs';
  };

  const faults: [string, (() => void)[]][] = [
    ['nothing has failed', []],
    ['the first model is silent', [modelIsSilent]],
    ['the voice hangs', [voiceHangs]],
    ['the first model is silent and the voice hangs', [modelIsSilent, voiceHangs]],
    ['the first model is silent and the voice stalls', [modelIsSilent, voiceStalls]],
    ['no model answers and the voice hangs', [noModelAnswers, voiceHangs]],
    ['a tool and the voice hang', [toolHangs, voiceHangs]],
    ['the stores hang', [storesHang]],
    ['everything hangs', [noModelAnswers, voiceHangs, recognisersHang, storesHang, toolHangs]],
  ];

  it.each(faults)('to what was typed, when %s', async (_, happening) => {
    const { caller, ear } = await inCall(await start({ GREETING: 'off' }));
    for (const happens of happening) happens();
    const since = performance.now();
    caller.send({ type: 'user_message', text: 'how is my account' });
    expect(await ear.soundAfter(since)).toBeLessThanOrEqual(PROMISED_MS);
    await caller.hangUp();
  });

  it.each<[string, (() => void)[]]>([
    ['both recognisers hang', [recognisersHang]],
    ['both recognisers never answer', [recognisersNeverAnswer]],
    [
      'both recognisers never answer, no model does, and the voice hangs',
      [recognisersNeverAnswer, noModelAnswers, voiceHangs],
    ],
    ['everything hangs', [noModelAnswers, voiceHangs, recognisersHang, storesHang, toolHangs]],
  ])('to what was said, when %s', async (_, happening) => {
    const { caller, ear } = await inCall(await start({ GREETING: 'off' }));
    for (const happens of happening) happens();
    await caller.speak(new Int16Array((RATE * SPEECH_MS) / 1000).fill(LOUD), RATE);
    const since = performance.now();
    const listening = caller.speak(new Int16Array((RATE * SILENCE_MS) / 1000), RATE);
    expect(await ear.soundAfter(since)).toBeLessThanOrEqual(PROMISED_MS);
    await caller.hangUp();
    await listening;
  });

  it.each<[string, (() => void)[]]>([
    ['nothing has failed', []],
    ['speech hangs', [voiceHangs, recognisersHang]],
    ['the voice stalls', [voiceStalls]],
    ['speech and the stores hang', [voiceHangs, recognisersHang, storesHang]],
    ['everything hangs', [noModelAnswers, voiceHangs, recognisersHang, storesHang]],
  ])('by all who call at once, when %s', async (_, happening) => {
    const running = await start();
    for (const happens of happening) happens();
    expect(await greetings(running)).toEqual(Array(CALLERS).fill('in time'));
  });

  it('by all who call at once, when speech has hung ever since the start', async () => {
    azure.tts = azure.stt = { hangs: true };
    deepgram.faults = { hangs: true };
    expect(await greetings(await start())).toEqual(Array(CALLERS).fill('in time'));
  });

  it('by all who call at once, when the only recogniser cannot be reached', async () => {
    const running = await start({ STT_SERVICE_MODELS: 'azure' });
    recognisersHang();
    voiceHangs();
    expect(await greetings(running)).toEqual(Array(CALLERS).fill('in time'));
  });

  async function greetings(running: TestServer): Promise<string[]> {
    const since = performance.now();
    const inCalls = await Promise.all(Array.from({ length: CALLERS }, () => inCall(running)));
    const sounds = await Promise.all(inCalls.map(({ ear }) => ear.soundAfter(since)));
    await Promise.all(inCalls.map(({ caller }) => caller.hangUp()));
    return sounds.map((ms) => (ms <= PROMISED_MS ? 'in time' : `after ${Math.round(ms)} ms`));
  }
});

async function inCall(server: TestServer): Promise<{ caller: TestCaller; ear: Ear }> {
  const caller = await TestCaller.dial(server, `?sample_rate=${RATE}`);
  const ear = new Ear(caller);
  await caller.next('session_started');
  return { caller, ear };
}

/** Hears when there was something to hear. */
class Ear {
  private readonly soundsAt: number[] = [];
  private wake: () => void = () => undefined;

  constructor(private readonly caller: TestCaller) {
    caller.socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (!isBinary || data.every((byte) => byte === 0)) return;
      this.soundsAt.push(performance.now());
      this.wake();
    });
    caller.socket.once('close', () => this.wake());
  }

  /** From `since` to the first sound after it, ms. */
  async soundAfter(since: number): Promise<number> {
    for (;;) {
      const soundAt = this.soundsAt.find((at) => at > since);
      if (soundAt !== undefined) return soundAt - since;
      if (this.caller.socket.readyState === this.caller.socket.CLOSED) throw new Error('closed without a sound');
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}
