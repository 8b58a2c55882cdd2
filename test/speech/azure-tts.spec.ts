import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../src/kernel/clock.js';
import { AzureAccess } from '../../src/speech/drivers/azure/azure-access.js';
import { AzureTtsDriver } from '../../src/speech/drivers/azure/azure-tts.driver.js';
import type { TtsChunk, TtsRequest, TtsVoice } from '../../src/speech/tts-voice.js';
import { azureConfig } from '../fakes/azure-speech/azure-config.js';
import { AzureSpeechFake } from '../fakes/azure-speech/azure-speech-fake.js';
import { LEADING_SILENCE_MS, SPOKEN_WORD_MS } from '../fakes/azure-speech/synthesis.js';

const never = new AbortController().signal;
const request: TtsRequest = {
  text: 'Your balance, R&D, is <low>.',
  voice: 'en-US-JennyNeural',
  rate: 1,
  pitch: 0,
  cacheable: false,
};

describe('Azure Speech synthesis', () => {
  let fake: AzureSpeechFake;
  let clock: ManualClock;
  let driver: AzureTtsDriver;
  let voice: TtsVoice;

  beforeEach(async () => {
    fake = await AzureSpeechFake.start();
    clock = new ManualClock();
    const config = azureConfig(fake);
    const access = await AzureAccess.create(config, clock, () => undefined);
    driver = new AzureTtsDriver(config, access, clock, { connectMs: 2000, cacheBytes: 10_000_000 });
    voice = await driver.createVoice();
  });

  afterEach(async () => {
    await voice.close();
    await driver.close();
    await fake.stop();
    expect(clock.pending).toBe(0);
  });

  it('speaks any text, text after text on one connection, without the silence at the start', async () => {
    const chunks = await collect(voice.synthesize(request, never));
    await collect(voice.synthesize({ ...request, text: 'Anything else?', rate: 1.2, pitch: -2 }, never));
    expect(fake.spoken).toMatchObject([
      { voice: 'en-US-JennyNeural', text: request.text, prosody: {}, format: 'raw-24khz-16bit-mono-pcm' },
      { text: 'Anything else?', prosody: { rate: '1.2', pitch: '-2st' } },
    ]);
    const pcm = join(chunks);
    const silent = pcm.findIndex((sample) => sample !== 0) / 24;
    expect(silent).toBeGreaterThan(0);
    expect(silent).toBeLessThanOrEqual(30);
    expect(pcm.length / 24).toBeCloseTo(5 * SPOKEN_WORD_MS + silent, 0);
    expect(chunks.every(({ sampleRate }) => sampleRate === 24_000)).toBe(true);
    expect(fake).toMatchObject({ connections: 1, complaints: [] });
  });

  it('says where words end, in the text and in the audio', async () => {
    const chunks = await collect(voice.synthesize(request, never));
    const marks = chunks.flatMap((chunk) => chunk.marks ?? []);
    expect(marks.map(({ textOffset }) => request.text.slice(0, textOffset))).toEqual([
      'Your',
      'Your balance',
      'Your balance, R&D',
      'Your balance, R&D, is',
      'Your balance, R&D, is <low>',
    ]);
    const silence = join(chunks).findIndex((sample) => sample !== 0) / 24;
    for (const [index, { endMs }] of marks.entries())
      expect(endMs).toBeCloseTo((index + 1) * SPOKEN_WORD_MS + silence, 0);
    expect(LEADING_SILENCE_MS).toBeGreaterThan(silence);
  });

  it('stops at once, tells the service, and can speak again on the same connection', async () => {
    const controller = new AbortController();
    const long = { ...request, text: 'word '.repeat(200).trim() };
    const hearing = (async () => {
      for await (const _ of voice.synthesize(long, controller.signal)) controller.abort(new Error('barge-in'));
    })();
    await expect(hearing).rejects.toThrow('barge-in');
    await fake.until(() => fake.stops === 1);
    // The service ends what it was told to stop.
    await new Promise((resolve) => setTimeout(resolve, 50));
    await collect(voice.synthesize(request, never));
    expect(fake.connections).toBe(1);
  });

  it('does not wait for a service that does not stop', async () => {
    const controller = new AbortController();
    fake.tts = { stallsAfterWords: 2 };
    fake.drop();
    const hearing = (async () => {
      for await (const _ of voice.synthesize(request, controller.signal)) controller.abort(new Error('barge-in'));
    })();
    await expect(hearing).rejects.toThrow('barge-in');
    fake.tts = {};
    expect(join(await collect(voice.synthesize(request, never))).length).toBeGreaterThan(24_000);
  });

  it('keeps fixed phrases', async () => {
    const fixed = { ...request, cacheable: true };
    const first = join(await collect(voice.synthesize(fixed, never)));
    expect(join(await collect(voice.synthesize(fixed, never)))).toEqual(first);
    expect(fake.spoken).toHaveLength(1);
  });

  it.each([
    ['is cut off', { diesAfterWords: 2 }],
    ['is refused', { refuse: 503 }],
  ])('fails when it %s, without a word of the credentials', async (_, faults) => {
    fake.tts = faults;
    fake.drop();
    const error: unknown = await collect(voice.synthesize(request, never)).catch((problem: unknown) => problem);
    expect(error).toMatchObject({ code: 'tts_failed', message: expect.stringContaining('Azure Speech') });
    const said = `${(error as Error).message} ${(error as Error).stack} ${JSON.stringify(error)}`;
    for (const secret of [fake.key, ...fake.tokens]) expect(said).not.toContain(secret);
  });

  it('fails with a voice that the service does not know', async () => {
    await expect(collect(voice.synthesize({ ...request, voice: 'slt' }, never))).rejects.toMatchObject({
      code: 'tts_failed',
    });
    expect(fake.complaints).toEqual(['Unsupported voice slt']);
  });
});

async function collect(chunks: AsyncIterable<TtsChunk>): Promise<TtsChunk[]> {
  const all: TtsChunk[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

function join(chunks: readonly TtsChunk[]): Int16Array {
  return Int16Array.from(chunks.flatMap(({ pcm }) => [...pcm]));
}
