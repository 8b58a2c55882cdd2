import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AzureSpeechConfig } from '../../src/config/azure-speech.config.js';
import { ManualClock } from '../../src/kernel/clock.js';
import { AzureAccess } from '../../src/speech/drivers/azure/azure-access.js';
import { AzureSttDriver } from '../../src/speech/drivers/azure/azure-stt.driver.js';
import type { SpeechHints, SttStream } from '../../src/speech/stt-stream.js';
import { azureConfig } from '../fakes/azure-speech/azure-config.js';
import { AzureSpeechFake } from '../fakes/azure-speech/azure-speech-fake.js';
import { Utterance, ramp } from '../../src/speech/testing/utterance.js';

const RATE = 16_000;
const CONNECT_MS = 2000;
const hints: SpeechHints = {
  id: 'h1',
  language: 'en-US',
  phrases: ['[please] block my {card} card', 'what is my balance'],
  slots: { card: { kind: 'choice', values: [{ value: 'platinum', synonyms: ['the grey one'] }] } },
  answers: [],
};

describe('Azure Speech recognition', () => {
  let fake: AzureSpeechFake;
  let clock: ManualClock;
  let driver: AzureSttDriver;

  const makeDriver = async (more: Partial<AzureSpeechConfig> = {}): Promise<AzureSttDriver> => {
    const config = azureConfig(fake, more);
    const access = await AzureAccess.create(config, clock, () => undefined);
    return new AzureSttDriver(config, access, clock, CONNECT_MS);
  };
  const openStream = async (): Promise<SttStream> => driver.createStream();

  beforeEach(async () => {
    fake = await AzureSpeechFake.start();
    clock = new ManualClock();
    driver = await makeDriver();
  });

  afterEach(async () => {
    await driver.close();
    await fake.stop();
    expect(clock.pending).toBe(0);
  });

  it('understands one utterance after the other on one connection, and hears every sample of each once', async () => {
    fake.hears('what is my balance', 'thank you');
    const stream = await openStream();
    await stream.prepare(hints);
    const [first, second] = [ramp(800, RATE, 1), ramp(600, RATE, 20_000)];
    const balance = await Utterance.say(stream, first, RATE);
    const thanks = await Utterance.say(stream, second, RATE);
    expect(balance.final).toMatchObject({ text: 'what is my balance', rejected: false, startMs: 0, endMs: 400 });
    expect(balance.final!.confidence).toBeCloseTo(0.9);
    expect(balance.final!.words).toEqual([
      { text: 'what', startMs: 0, endMs: 100 },
      { text: 'is', startMs: 100, endMs: 200 },
      { text: 'my', startMs: 200, endMs: 300 },
      { text: 'balance', startMs: 300, endMs: 400 },
    ]);
    expect(balance.partials.at(-1)).toEqual(['what is my balance', false]);
    expect(thanks.final).toMatchObject({ text: 'thank you', startMs: 0, endMs: 200 });
    expect(fake.heard.map(({ pcm }) => pcm)).toEqual([first, second]);
    expect(fake).toMatchObject({ connections: 1, complaints: [] });
    await stream.close();
  });

  it('sends frames of 20 ms as they come, and the hints as phrases to listen for', async () => {
    const stream = await openStream();
    await stream.prepare(hints);
    await Utterance.say(stream, ramp(1000, RATE, 1), RATE);
    expect(fake.heard[0]!.frames).toBe(50);
    expect(fake.heard[0]!.query.get('language')).toBe('en-US');
    expect(phrasesOf(fake.heard[0]!.context)).toEqual([
      'platinum',
      'the grey one',
      'please block my',
      'card',
      'what is my balance',
    ]);
    await stream.close();
  });

  it('joins the phrases that the service makes of one utterance, and calls those stable that are final', async () => {
    fake.hears(['I want to', 'block my card']);
    const stream = await openStream();
    const said = await Utterance.say(stream, ramp(900, RATE, 1), RATE);
    expect(said.final).toMatchObject({ text: 'i want to block my card', startMs: 0, endMs: 600 });
    expect(said.partials).toContainEqual(['i want to', true]);
    expect(said.partials).toContainEqual(['i want to block my', false]);
    await stream.close();
  });

  it('gives an empty final for audio without words', async () => {
    const stream = await openStream();
    const said = await Utterance.say(stream, ramp(500, RATE, 1), RATE);
    expect(said.final).toEqual({ text: '', confidence: 0, rejected: false });
    await stream.close();
  });

  it('has the service find out the language among the candidates', async () => {
    await driver.close();
    driver = await makeDriver({ languages: ['es-MX', 'en-GB', 'fr-CA'] });
    fake.hears('hola');
    const stream = await openStream();
    await stream.prepare(hints);
    expect((await Utterance.say(stream, ramp(300, RATE, 1), RATE)).final!.text).toBe('hola');
    const { context, query } = fake.heard[0]!;
    expect(query.get('lidEnabled')).toBe('true');
    expect(context['languageId']).toMatchObject({ languages: ['en-US', 'es-MX', 'fr-CA'], mode: 'DetectAtAudioStart' });
    expect(fake.complaints).toEqual([]);
    await stream.close();
  });

  it('changes the language with the agent', async () => {
    fake.hears('one', 'eins');
    const stream = await openStream();
    await stream.prepare(hints);
    await Utterance.say(stream, ramp(300, RATE, 1), RATE);
    await stream.prepare({ ...hints, id: 'h2', language: 'de-DE' });
    await Utterance.say(stream, ramp(300, RATE, 1), RATE);
    expect(fake.heard.map(({ query }) => query.get('language'))).toEqual(['en-US', 'de-DE']);
    await stream.close();
  });

  it('connects again when an idle connection was cut', async () => {
    fake.hears('still here');
    const stream = await openStream();
    fake.drop();
    await fake.until(() => fake.connections === 2);
    expect((await Utterance.say(stream, ramp(300, RATE, 1), RATE)).final!.text).toBe('still here');
    await stream.close();
  });

  it('drops what it heard of a cancelled utterance', async () => {
    fake.hears('never mind', 'this one counts');
    const stream = await openStream();
    const cancelled = new Utterance();
    stream.start(cancelled);
    stream.write(ramp(300, RATE, 1));
    await fake.until(() => fake.turns === 1);
    stream.cancel();
    const said = await Utterance.say(stream, ramp(400, RATE, 1), RATE);
    expect(said.final!.text).toBe('this one counts');
    expect(cancelled).toMatchObject({ ends: 0, partials: [] });
    await stream.close();
  });

  it.each([[401], [429], [503]])(
    'reports that it was refused with %i, without a word of the credentials',
    async (status) => {
      const stream = await openStream();
      fake.stt = { refuse: status };
      fake.drop();
      await fake.until(() => fake.attempts > 1);
      const said = await Utterance.say(stream, ramp(300, RATE, 1), RATE);
      expect(said.error).toMatchObject({ code: 'stt_failed', message: expect.stringContaining('Azure Speech') });
      expectNoSecret(said.error, fake);
      await expect(openStream()).rejects.toMatchObject({ code: 'stt_failed' });
      await stream.close();
    },
  );

  it('fails when the connection is cut in the middle of an utterance and cannot be made again', async () => {
    fake.hears('what is my balance');
    fake.stt = { diesAfterMs: 200 };
    const stream = await openStream();
    const said = new Utterance();
    stream.start(said);
    while (said.ends === 0) {
      stream.write(ramp(20, RATE, 1));
      if (fake.turns > 0) fake.stt.refuse = 503;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(said.error).toMatchObject({ code: 'stt_failed', retryable: true });
    expectNoSecret(said.error, fake);
    await stream.close();
  });

  it('fails when there is no connection in time', async () => {
    fake.stt = { hangs: true };
    const opening = openStream();
    opening.catch(() => undefined);
    await fake.until(() => fake.attempts === 1);
    await clock.advance(CONNECT_MS);
    await expect(opening).rejects.toMatchObject({ message: 'Azure Speech: no connection within 2000 ms' });
  });

  it('says which status the key was refused with', async () => {
    await driver.close();
    driver = await makeDriver({ key: 'wrong-key' });
    await expect(openStream()).rejects.toMatchObject({
      code: 'unauthorized',
      message: 'Azure Speech: no token, status 401',
      retryable: false,
    });
  });

  it('renews the token before it expires, and reconnects with the new one', async () => {
    const stream = await openStream();
    expect(fake.tokens).toHaveLength(1);
    await clock.advance(7 * 60_000);
    while (fake.tokens.length < 2) await new Promise((resolve) => setImmediate(resolve));
    fake.tokens.shift();
    // The renewed token reaches the recogniser with the answer's last byte.
    await new Promise((resolve) => setTimeout(resolve, 50));
    fake.hears('with the new one');
    fake.drop();
    await fake.until(() => fake.connections === 2);
    expect((await Utterance.say(stream, ramp(300, RATE, 1), RATE)).final!.text).toBe('with the new one');
    await stream.close();
  });
});

function phrasesOf(context: Record<string, unknown>): string[] {
  const grammar = context['dgi'] as { groups: { items: { text: string }[] }[] };
  return grammar.groups.flatMap(({ items }) => items.map(({ text }) => text));
}

function expectNoSecret(error: Error | undefined, fake: AzureSpeechFake): void {
  const said = `${error?.message} ${error?.stack} ${JSON.stringify(error)} ${String(error?.cause)}`;
  for (const secret of [fake.key, ...fake.tokens]) expect(said).not.toContain(secret);
}
