import { DeepgramClient } from '@deepgram/sdk';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DeepgramConfig } from '../../src/config/deepgram.config.js';
import { ManualClock } from '../../src/kernel/clock.js';
import { DeepgramSttDriver } from '../../src/speech/drivers/deepgram/deepgram-stt.driver.js';
import type { SpeechHints } from '../../src/speech/stt-stream.js';
import { DeepgramFake } from '../fakes/deepgram/deepgram-fake.js';
import { Utterance, ramp } from '../../src/speech/testing/utterance.js';

const RATE = 16_000;
const CONNECT_MS = 2000;
const hints: SpeechHints = {
  id: 'h1',
  language: 'de-DE',
  phrases: ['block my {card} card'],
  slots: { card: { kind: 'choice', values: [{ value: 'platinum', synonyms: ['the grey one'] }] } },
  answers: [],
};

describe('Deepgram recognition', () => {
  let fake: DeepgramFake;
  let clock: ManualClock;
  let driver: DeepgramSttDriver;

  const configOf = (more: Partial<DeepgramConfig> = {}): DeepgramConfig => ({
    key: fake.key,
    url: fake.url,
    model: 'nova-3',
    endpointingMs: 300,
    utteranceEndMs: 1000,
    diarize: false,
    ...more,
  });

  beforeEach(async () => {
    fake = await DeepgramFake.start();
    clock = new ManualClock();
    driver = new DeepgramSttDriver(configOf(), clock, CONNECT_MS);
  });

  afterEach(async () => {
    await fake.stop();
    expect(clock.pending).toBe(0);
  });

  it('understands one utterance after the other on one connection, with times from the start of each', async () => {
    fake.hears('What is my balance', 'thank you');
    const stream = await driver.createStream();
    const [first, second] = [ramp(800, RATE, 1), ramp(600, RATE, 20_000)];
    const balance = await Utterance.say(stream, first, RATE);
    const thanks = await Utterance.say(stream, second, RATE);
    expect(balance.final).toMatchObject({ text: 'what is my balance', rejected: false, startMs: 0, endMs: 400 });
    expect(balance.final!.confidence).toBeCloseTo(0.95);
    expect(balance.partials.at(-1)).toEqual(['what is my balance', false]);
    expect(thanks.final).toMatchObject({ text: 'thank you', startMs: 0 });
    expect(thanks.final!.words!.map(({ text, startMs }) => [text, Math.round(startMs)])).toEqual([
      ['thank', 0],
      ['you', 100],
    ]);
    expect(fake.streams).toHaveLength(1);
    expect(fake.streams[0]!.pcm).toEqual(Int16Array.from([...first, ...second]));
    expect(fake.streams[0]!.finalizedAt).toEqual([first.length, first.length + second.length]);
    expect(fake.complaints).toEqual([]);
    await stream.close();
  });

  it('asks for what the session needs: language, rate, and the names to listen for', async () => {
    const stream = await driver.createStream();
    await stream.prepare(hints);
    await stream.prepare({ ...hints, id: 'h2', answers: ['card'] });
    expect(fake.streams).toHaveLength(2);
    const { query } = fake.streams[1]!;
    expect(Object.fromEntries(query)).toMatchObject({
      model: 'nova-3',
      language: 'de',
      encoding: 'linear16',
      sample_rate: '16000',
      interim_results: 'true',
      endpointing: '300',
      utterance_end_ms: '1000',
    });
    expect(query.has('diarize')).toBe(false);
    expect(query.getAll('keyterm')).toEqual(['platinum', 'the grey one']);
    await stream.close();
  });

  it('has keywords for models that know no key terms', async () => {
    driver = new DeepgramSttDriver(configOf({ model: 'nova-2-phonecall' }), clock, CONNECT_MS);
    const stream = await driver.createStream();
    await stream.prepare({ ...hints, language: 'en-US' });
    expect(fake.streams[1]!.query.getAll('keywords')).toEqual(['platinum:2', 'the grey one:2']);
    expect(fake.streams[1]!.query.get('language')).toBe('en-US');
    await stream.close();
  });

  it('tells voices apart when it is to, and says that names of voices are those of one connection', async () => {
    fake.hears('is it me yes', 'hello');
    driver = new DeepgramSttDriver(configOf({ diarize: true }), clock, CONNECT_MS);
    const stream = await driver.createStream();
    const { final } = await Utterance.say(stream, ramp(500, RATE, 1), RATE);
    expect(final!.words!.map(({ speaker }) => speaker)).toEqual([0, 0, 1, 1]);
    fake.dropIdle();
    await fake.until(() => fake.streams.length === 2);
    const after = await Utterance.say(stream, ramp(300, RATE, 1), RATE);
    expect(after.final!.epoch).toBe(final!.epoch! + 1);
    await stream.close();
  });

  it('keeps an idle connection alive', async () => {
    const stream = await driver.createStream();
    await clock.advance(12_000);
    await fake.until(() => fake.streams[0]!.keepAlives === 3);
    await stream.close();
  });

  it('connects again when the service has closed an idle connection', async () => {
    fake.hears('still here');
    const stream = await driver.createStream();
    fake.dropIdle();
    await fake.until(() => fake.streams.length === 2);
    expect((await Utterance.say(stream, ramp(300, RATE, 1), RATE)).final!.text).toBe('still here');
    await stream.close();
  });

  it('does without an answer to Finalize when all words are final', async () => {
    fake.faults = { silentWhenNothingIsLeft: true };
    fake.hears('thank you');
    const stream = await driver.createStream();
    const said = new Utterance();
    stream.start(said);
    stream.write(ramp(500, RATE, 1));
    stream.finish();
    await fake.until(() => fake.streams[0]!.finalizedAt.length === 1);
    while (said.partials.every(([, stable]) => !stable)) await new Promise((resolve) => setImmediate(resolve));
    expect(said.ends).toBe(0);
    await clock.advance(400);
    expect(said.final).toMatchObject({ text: 'thank you' });
    await stream.close();
  });

  it('drops what it heard of a cancelled utterance', async () => {
    fake.hears('never mind', 'this one counts');
    const stream = await driver.createStream();
    const cancelled = new Utterance();
    stream.start(cancelled);
    await new Promise((resolve) => setImmediate(resolve));
    stream.write(ramp(300, RATE, 1));
    stream.cancel();
    expect((await Utterance.say(stream, ramp(400, RATE, 1), RATE)).final!.text).toBe('this one counts');
    expect(cancelled).toMatchObject({ ends: 0, partials: [] });
    await stream.close();
  });

  it.each([
    [401, false],
    [429, true],
    [503, true],
  ])('reports that it was refused with %i', async (refuse, retryable) => {
    fake.faults = { refuse };
    const error: unknown = await driver.createStream().catch((problem: unknown) => problem);
    expect(error).toMatchObject({ code: 'stt_failed', message: `Deepgram: refused with status ${refuse}`, retryable });
    expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain(fake.key);
  });

  it.each([
    ['is closed', { diesAfterMs: 200 }, 'Deepgram: closed with 1011 NET-0000'],
    ['sends garbage', { garbageAfterMs: 200 }, 'Deepgram: an answer that cannot be read'],
  ])(
    'fails when the connection %s in the middle of an utterance, and connects for the next',
    async (_, faults, message) => {
      fake.faults = faults;
      const stream = await driver.createStream();
      expect((await Utterance.say(stream, ramp(600, RATE, 1), RATE)).error).toMatchObject({
        code: 'stt_failed',
        message,
      });
      fake.faults = {};
      fake.hears('hello');
      expect((await Utterance.say(stream, ramp(300, RATE, 1), RATE)).final!.text).toBe('hello');
      await stream.close();
    },
  );

  it('fails when there is no connection in time', async () => {
    fake.faults = { hangs: true };
    const opening = driver.createStream();
    opening.catch(() => undefined);
    await fake.until(() => fake.attempts === 1);
    await clock.advance(CONNECT_MS);
    await expect(opening).rejects.toMatchObject({ message: 'Deepgram: no connection within 2000 ms' });
  });

  it('speaks the same protocol as the vendor’s own client', async () => {
    fake.hears('what is my balance');
    const client = new DeepgramClient({ apiKey: fake.key, environment: environmentOf(fake.url) });
    const socket = await client.listen.v1.connect({
      Authorization: `Token ${fake.key}`,
      model: 'nova-3',
      language: 'en-US',
      encoding: 'linear16',
      sample_rate: RATE,
      interim_results: 'true',
    });
    const finals: string[] = [];
    const finished = new Promise<void>((resolve) => {
      socket.on('message', (message) => {
        if (message.type !== 'Results' || !message.is_final) return;
        finals.push(message.channel.alternatives[0]!.transcript);
        resolve();
      });
    });
    socket.connect();
    await socket.waitForOpen();
    const pcm = ramp(500, RATE, 1);
    socket.sendMedia(pcm);
    socket.sendFinalize({ type: 'Finalize' });
    await finished;
    socket.sendCloseStream({ type: 'CloseStream' });
    socket.close();
    expect(finals).toEqual(['what is my balance']);
    expect(fake.streams[0]!.pcm).toEqual(pcm);
    expect(fake.complaints).toEqual([]);
  });
});

function environmentOf(url: string) {
  const base = url.replace(/^ws/, 'http');
  return { base, production: url, agent: url, agentRest: base };
}
