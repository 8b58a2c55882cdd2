import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CallClient } from '../../src/cli/call-client.js';
import { LocalServer } from '../../src/cli/local-server.js';
import { AzureSpeechFake } from '../fakes/azure-speech/azure-speech-fake.js';
import { DeepgramFake } from '../fakes/deepgram/deepgram-fake.js';
import { TestCaller, TestServer, hurriedVoice } from '../support/test-server.js';

const RATE = 16_000;

/** Loud, and each sample tells where it belongs. */
const speech = Int16Array.from({ length: RATE }, (_, index) => 1 + (index % 32_000));
const silence = new Int16Array(RATE);

describe('a call', () => {
  let azure: AzureSpeechFake;
  let deepgram: DeepgramFake;
  let server: TestServer | undefined;

  const settings = (more: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
    STT_SERVICE_MODELS: 'azure, deepgram',
    ...hurriedVoice,
    AZURE_SPEECH_KEY: azure.key,
    AZURE_SPEECH_ENDPOINT: azure.url,
    DEEPGRAM_API_KEY: deepgram.key,
    DEEPGRAM_URL: deepgram.url,
    VAD: 'energy',
    VAD_START_MS: '40',
    ENDPOINT_SILENCE_MS: '200',
    STT_POOL_WARM: '1',
    TTS_POOL_WARM: '1',
    STT_FINAL_MS: '500',
    GREETING: 'off',
    ...more,
  });
  const call = async (env: NodeJS.ProcessEnv = {}): Promise<TestCaller> => {
    server = await TestServer.start(settings(env));
    const caller = await TestCaller.dial(server, `?sample_rate=${RATE}&out_sample_rate=${RATE}`);
    await caller.next('session_started');
    return caller;
  };
  const speak = async (caller: TestCaller): Promise<void> => {
    await caller.speak(speech, RATE);
    await caller.speak(silence.subarray(0, RATE / 2), RATE);
  };

  beforeEach(async () => {
    azure = await AzureSpeechFake.start();
    deepgram = await DeepgramFake.start();
  });
  afterEach(async () => {
    const held = await server?.quiet();
    expect(Object.values(held ?? {}).filter((count) => count > 0)).toEqual([]);
    await server?.stop();
    server = undefined;
    await azure.stop();
    await deepgram.stop();
  });

  it('goes on when its recogniser dies in the middle of a word: the next one gets every sample once', async () => {
    azure.hears('what is my balance');
    deepgram.hears('what is my balance');
    const caller = await call();
    azure.stt.diesAfterMs = 600;
    const speaking = speak(caller);
    await azure.until(() => azure.turns > 0);
    azure.stt.refuse = 503;
    await speaking;
    expect(await caller.next('transcription_finished')).toMatchObject({ text: 'what is my balance', rejected: false });
    expect(await caller.next('generation_complete')).toMatchObject({ outcome: 'completed' });
    const heard = deepgram.streams.filter(({ pcm }) => pcm.length > 0);
    expect(heard).toHaveLength(1);
    expect(heard[0]!.pcm.filter((sample) => sample !== 0)).toEqual(speech);
    // It had heard more than half of it before.
    expect(azure.heard[0]!.pcm.length).toBeGreaterThan(RATE / 2);
    await caller.hangUp();
  });

  it.each([
    ['never answers', { neverFinal: true }],
    ['sends garbage', { garbageAfterMs: 300 }],
    ['cannot be reached', { refuse: 503 }],
  ])('is answered when its recogniser %s', async (_, faults) => {
    azure.hears('what is my balance');
    deepgram.hears('what is my balance');
    const caller = await call();
    Object.assign(azure.stt, faults);
    if ('refuse' in faults) azure.drop();
    await speak(caller);
    expect(await caller.next('transcription_finished')).toMatchObject({ text: 'what is my balance' });
    expect(await caller.next('generation_complete')).toMatchObject({ outcome: 'completed' });
    await caller.hangUp();
  });

  it('hears the rest of a sentence from the next synthesiser', async () => {
    const caller = await call({ STT_SERVICE_MODELS: 'scripted', TTS_SERVICE_MODELS: 'azure, scripted' });
    azure.tts = { diesAfterWords: 3 };
    azure.drop();
    await caller.ask('what is my balance');
    expect(azure.spoken.length).toBeGreaterThan(0);
    expect(azure.spoken[0]!.voice).toBe('en-US-AvaNeural');
    expect(caller.events.filter(({ type }) => type === 'error')).toEqual([]);
    await caller.hangUp();
  });

  it('is served by the second voice, which is no reason to send callers elsewhere, but one to look', async () => {
    const caller = await call({ SPEECH_BREAKER_FAILURES: '1', TTS_SERVICE_MODELS: 'azure, scripted' });
    azure.tts = { refuse: 503 };
    azure.drop();
    await caller.ask('what is my balance');
    const { status, body } = await server!.get('/api/v1/readiness');
    expect([status, body.status]).toEqual([200, 'degraded']);
    expect(await readiness(server!)).toMatchObject({
      status: 'up',
      details: { degraded: expect.stringContaining('tts azure') },
    });
    await caller.hangUp();
  });

  it('is told when there is nobody left to ask, and the operator, too; and is served again when there is', async () => {
    const caller = await call({ SPEECH_BREAKER_FAILURES: '1', SPEECH_BREAKER_OPEN_MS: '300' });
    azure.stt.refuse = 503;
    azure.drop();
    deepgram.faults.refuse = 503;
    deepgram.dropIdle();
    const since = caller.events.length;
    await speak(caller);
    expect(await caller.next('error', since)).toMatchObject({ code: 'stt_failed', retryable: true });
    expect(await caller.next('generation_complete', since)).toMatchObject({ outcome: 'completed' });
    const down = await readiness(server!);
    expect(down).toMatchObject({ status: 'down', error: expect.stringContaining('nobody to ask: stt azure') });
    expect(JSON.stringify(down)).not.toContain(azure.key);
    delete azure.stt.refuse;
    while ((await readiness(server!)).status === 'down') await new Promise((resolve) => setTimeout(resolve, 20));
    const up = await readiness(server!);
    expect(up.details).toMatchObject({
      providers: { stt: expect.arrayContaining([{ provider: 'azure', state: 'closed' }]) },
    });
    azure.hears('what is my balance');
    await speak(caller);
    expect(await caller.next('transcription_finished', since)).toMatchObject({ text: 'what is my balance' });
    await caller.hangUp();
  });

  it('leaves no credential and no word in the log, whatever goes wrong', async () => {
    azure.hears('my xylophone', 'my xylophone', 'my xylophone');
    deepgram.hears('my xylophone');
    const local = await LocalServer.start(
      settings({
        LOG_LEVEL: 'trace',
        TTS_SERVICE_MODELS: 'azure,scripted',
        STT_SERVICE_MODELS: 'azure,deepgram,embedded',
      }),
    );
    try {
      const client = await CallClient.connect({ url: local.url, sampleRate: RATE, encoding: 'pcm16' });
      const sayAndWait = async (): Promise<void> => {
        const since = client.events.length;
        for (const pcm of [speech, silence.subarray(0, RATE / 2)]) await client.say(pcm, RATE);
        await client.waitFor('a final', (event) => event.type === 'transcription_finished', 10_000, since);
      };
      await sayAndWait();
      azure.stt = { refuse: 401 };
      azure.tts = { diesAfterWords: 1 };
      azure.drop();
      await sayAndWait();
      azure.tts = { refuse: 429 };
      azure.drop();
      deepgram.faults = { refuse: 401 };
      deepgram.dropIdle();
      await sayAndWait();
      await client.hangUp();
    } finally {
      expect(await local.stop()).toBe(0);
    }
    const log = local.output.join('\n');
    expect(log).toContain('stt azure has failed');
    for (const secret of [azure.key, deepgram.key, ...azure.tokens, 'Ocp-Apim', 'Authorization=', 'xylophone'])
      expect(log).not.toContain(secret);
  }, 60_000);
});

interface SpeechCheck {
  readonly component: string;
  readonly status: string;
  readonly error?: string;
  readonly details?: Record<string, unknown>;
}

async function readiness(server: TestServer): Promise<SpeechCheck> {
  const { body } = await server.get('/api/v1/readiness');
  return (body['checks'] as SpeechCheck[]).find(({ component }) => component === 'speech')!;
}
