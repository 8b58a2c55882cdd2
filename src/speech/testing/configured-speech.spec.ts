import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../config/load.js';
import { ScriptedConfig } from '../../config/scripted.config.js';
import { ManualClock } from '../../kernel/clock.js';
import type { TtsChunk } from '../tts-voice.js';
import { configuredStt, configuredTts, configuredVad } from './configured-speech.js';

const never = new AbortController().signal;

function configOf(env: Record<string, string>): ScriptedConfig {
  return loadConfig({ NODE_ENV: 'test', ...env }).values.get(ScriptedConfig) as ScriptedConfig;
}

/** What one utterance is answered with, and when; `undefined` when there is no answer within a minute. */
async function hear(env: Record<string, string>, utterances = 1): Promise<unknown[]> {
  const clock = new ManualClock();
  const stream = await configuredStt(configOf(env), clock, 1).createStream(never);
  const answers: unknown[] = [];
  for (let utterance = 0; utterance < utterances; utterance++) {
    const startedAt = clock.now();
    let answer: unknown;
    stream.start({
      onPartial: () => undefined,
      onFinal: (result) => (answer = { ...result, afterMs: clock.now() - startedAt }),
      onError: (error) => (answer = { error: error.message, afterMs: clock.now() - startedAt }),
    });
    stream.finish();
    await clock.advance(60_000);
    answers.push(answer);
  }
  return answers;
}

async function speak(env: Record<string, string>, text: string, signal = never) {
  const clock = new ManualClock();
  const voice = await configuredTts(configOf(env), clock).createVoice();
  const chunks: (TtsChunk & { atMs: number })[] = [];
  let error: unknown;
  const request = { text, voice: 'anybody', rate: 1, pitch: 0, cacheable: false };
  const speaking = (async () => {
    for await (const chunk of voice.synthesize(request, signal)) chunks.push({ ...chunk, atMs: clock.now() });
  })().catch((thrown: unknown) => (error = thrown));
  await clock.advance(60_000);
  const lengthMs = chunks.reduce((sum, { pcm, sampleRate }) => sum + (pcm.length * 1000) / sampleRate, 0);
  return { chunks, lengthMs, error, speaking };
}

describe('the scripted recogniser', () => {
  it('gives its final as soon as the utterance is over', async () => {
    expect(await hear({})).toEqual([{ text: 'What is my balance?', confidence: 1, rejected: false, afterMs: 0 }]);
  });

  it('hears another text, later', async () => {
    expect(await hear({ SCRIPTED_STT_TEXT: 'Goodbye.', SCRIPTED_STT_DELAY_MS: '300' })).toEqual([
      { text: 'Goodbye.', confidence: 1, rejected: false, afterMs: 300 },
    ]);
  });

  it('is late for some utterances', async () => {
    const env = { SCRIPTED_STT_LATE_RATE: '0.5', SCRIPTED_STT_LATE_MS: '2000', SCRIPTED_STT_DELAY_MS: '100' };
    const answers = (await hear(env, 100)) as { text: string; afterMs: number }[];
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['What is my balance?']));
    expect(new Set(answers.map(({ afterMs }) => afterMs))).toEqual(new Set([100, 2100]));
  });

  it('fails, stalls and errs in the share it is told to, the same for the same seed', async () => {
    const env = {
      SCRIPTED_STT_FAILURE_RATE: '0.2',
      SCRIPTED_STT_STALL_RATE: '0.2',
      SCRIPTED_STT_WRONG_RATE: '0.2',
      SCRIPTED_SEED: '7',
    };
    const answers = await hear(env, 200);
    const kinds = answers.map((answer) => {
      if (answer === undefined) return 'stall';
      if ((answer as { error?: string }).error) return 'failure';
      return (answer as { text: string }).text === 'What is my balance?' ? 'right' : 'wrong';
    });
    for (const fault of ['stall', 'failure', 'wrong']) {
      const share = kinds.filter((kind) => kind === fault).length / 200;
      expect(share).toBeGreaterThan(0.1);
      expect(share).toBeLessThan(0.3);
    }
    expect(await hear(env, 200)).toEqual(answers);
    expect(await hear({ ...env, SCRIPTED_SEED: '8' }, 200)).not.toEqual(answers);
  });

  it.each(['8000', '16000', '24000'])('takes audio at %s Hz', (rate) => {
    expect(configuredStt(configOf({ SCRIPTED_SAMPLE_RATE: rate }), new ManualClock(), 1).sampleRate).toBe(Number(rate));
  });
});

describe('the scripted batch recogniser', () => {
  it('takes its time for each chunk, and chunks get longer as it falls behind', async () => {
    const clock = new ManualClock();
    const env = { SCRIPTED_STT_MODE: 'batch', SCRIPTED_STT_RTF: '0.9', SCRIPTED_STT_TEXT: 'word' };
    const driver = configuredStt(configOf(env), clock, 1);
    await driver.start(never);
    const stream = await driver.createStream(never);
    const finals: { text: string; atMs: number }[] = [];
    const utterance = async (seconds: number): Promise<void> => {
      const listener = { onPartial: () => undefined, onError: () => undefined };
      stream.start({ ...listener, onFinal: ({ text }) => finals.push({ text, atMs: clock.now() }) });
      for (let second = 0; second < seconds; second++) {
        stream.write(new Int16Array(8000));
        await clock.advance(1000);
      }
      stream.finish();
      await clock.advance(60_000);
    };
    await utterance(4);
    expect(driver).toMatchObject({ chunkMs: 8000 });
    await utterance(8);
    // Two chunks of 2 s and one of 8 s.
    expect(finals.map(({ text }) => text)).toEqual(['word word', 'word']);
    await stream.close();
    await driver.close();
    expect(clock.pending).toBe(0);
  });

  it('fails as it is told to', async () => {
    const clock = new ManualClock();
    const driver = configuredStt(configOf({ SCRIPTED_STT_MODE: 'batch', SCRIPTED_STT_FAILURE_RATE: '1' }), clock, 1);
    await driver.start(never);
    const stream = await driver.createStream(never);
    const errors: string[] = [];
    const listener = { onPartial: () => undefined, onFinal: () => undefined };
    stream.start({ ...listener, onError: (error) => errors.push(error.message) });
    stream.write(new Int16Array(8000));
    stream.finish();
    await clock.advance(10_000);
    expect(errors).toEqual(['The scripted recogniser failed']);
    await driver.close();
  });
});

describe('the scripted voice', () => {
  const words = configOf({}).llmText;

  it.each(['8000', '16000', '24000'])(
    'hums 27 words for 8 s at %s Hz, loud from the first sample to the last',
    async (rate) => {
      expect(words.split(' ')).toHaveLength(27);
      const { chunks, lengthMs } = await speak({ SCRIPTED_SAMPLE_RATE: rate }, words);
      expect(Math.round(lengthMs)).toBe(8000);
      expect(new Set(chunks.map((chunk) => chunk.sampleRate))).toEqual(new Set([Number(rate)]));
      for (const { pcm } of chunks) expect(Math.max(...pcm)).toBeGreaterThan(7000);
    },
  );

  it('speaks as fast as its audio plays, half a second ahead', async () => {
    const { chunks } = await speak({}, words);
    expect(chunks.slice(0, 8).map((chunk) => Math.round(chunk.atMs))).toEqual([0, 0, 0, 0, 0, 0, 100, 200]);
    expect(Math.round(chunks.at(-1)!.atMs)).toBe(7400);
  });

  it('speaks all at once with speed 0, and later when told', async () => {
    const { chunks } = await speak({ SCRIPTED_TTS_SPEED: '0', SCRIPTED_TTS_DELAY_MS: '250' }, words);
    expect(new Set(chunks.map((chunk) => chunk.atMs))).toEqual(new Set([250]));
  });

  it('breaks off half-way', async () => {
    const { lengthMs, error } = await speak({ SCRIPTED_TTS_FAILURE_RATE: '1' }, words);
    expect(Math.round(lengthMs)).toBe(4000);
    expect(error).toMatchObject({ code: 'tts_failed' });
  });

  it('falls silent half-way, until it is aborted', async () => {
    const controller = new AbortController();
    const { lengthMs, error, speaking } = await speak({ SCRIPTED_TTS_STALL_RATE: '1' }, words, controller.signal);
    expect([Math.round(lengthMs), error]).toEqual([4000, undefined]);
    controller.abort(new Error('enough'));
    await expect(speaking).resolves.toMatchObject({ message: 'enough' });
  });

  it('says nothing, for as long as it would have taken', async () => {
    const { chunks, lengthMs } = await speak({ SCRIPTED_TTS_WRONG_RATE: '1' }, words);
    expect(Math.round(lengthMs)).toBe(8000);
    expect(chunks.every(({ pcm }) => pcm.every((sample) => sample === 0))).toBe(true);
  });
});

describe('the scripted detector', () => {
  const loud = new Int16Array(160).fill(8000);

  async function judge(env: Record<string, string>): Promise<[probability: number, endMs: number, atMs: number][]> {
    const clock = new ManualClock();
    const heard: [number, number, number][] = [];
    const stream = configuredVad(configOf(env), clock).open(8000, (probability, endMs) =>
      heard.push([probability, endMs, clock.now()]),
    );
    stream.write(loud);
    stream.write(new Int16Array(160));
    await clock.advance(1000);
    stream.close();
    expect(clock.pending).toBe(0);
    return heard;
  }

  it('takes what is loud for speech, at once or later', async () => {
    expect(await judge({})).toEqual([
      [1, 20, 0],
      [0, 40, 0],
    ]);
    expect(await judge({ SCRIPTED_VAD_DELAY_MS: '90' })).toEqual([
      [1, 20, 90],
      [0, 40, 90],
    ]);
  });

  it('judges wrongly, or never', async () => {
    expect(await judge({ SCRIPTED_VAD_WRONG_RATE: '1' })).toEqual([
      [0, 20, 0],
      [1, 40, 0],
    ]);
    expect(await judge({ SCRIPTED_VAD_STALL_RATE: '1' })).toEqual([]);
  });

  it('cannot be opened', () => {
    const vad = configuredVad(configOf({ SCRIPTED_VAD_FAILURE_RATE: '1' }), new ManualClock());
    expect(() => vad.open(8000, () => undefined)).toThrow('The scripted detector failed');
    expect(vad.openStreams).toBe(0);
  });
});
