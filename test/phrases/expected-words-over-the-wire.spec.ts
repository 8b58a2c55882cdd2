import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../src/kernel/clock.js';
import { AzureAccess } from '../../src/speech/drivers/azure/azure-access.js';
import { AzureSttDriver } from '../../src/speech/drivers/azure/azure-stt.driver.js';
import { DeepgramSttDriver } from '../../src/speech/drivers/deepgram/deepgram-stt.driver.js';
import type { SpeechHints } from '../../src/speech/stt-stream.js';
import { Utterance, ramp } from '../../src/speech/testing/utterance.js';
import { azureConfig } from '../fakes/azure-speech/azure-config.js';
import { AzureSpeechFake } from '../fakes/azure-speech/azure-speech-fake.js';
import { DeepgramFake } from '../fakes/deepgram/deepgram-fake.js';

const RATE = 16_000;
const CONNECT_MS = 2000;
const hints: SpeechHints = { id: 'h1', language: 'en-US', phrases: [], slots: {}, answers: [] };
const [before, after] = [['Kowalczyk'], ['Kowalczyk', 'Nguyen']];

describe('words to expect that change in a call', () => {
  it('are told to Azure Speech with the next utterance', async () => {
    const fake = await AzureSpeechFake.start();
    const clock = new ManualClock();
    const config = azureConfig(fake, {});
    const access = await AzureAccess.create(config, clock, () => undefined);
    const driver = new AzureSttDriver(config, access, clock, CONNECT_MS);
    const stream = await driver.createStream();
    for (const bias of [before, after]) {
      await stream.prepare({ ...hints, bias });
      await Utterance.say(stream, ramp(300, RATE, 1), RATE);
    }
    const told = fake.heard.map(({ context }) => JSON.stringify(context));
    expect(told.map((context) => /Kowalczyk/.test(context))).toEqual([true, true]);
    expect(told.map((context) => /Nguyen/.test(context))).toEqual([false, true]);
    expect(fake.complaints).toEqual([]);
    await stream.close();
    await driver.close();
    await fake.stop();
  });

  it('are told to Deepgram with the next utterance', async () => {
    const fake = await DeepgramFake.start();
    const config = {
      key: fake.key,
      url: fake.url,
      model: 'nova-3',
      endpointingMs: 300,
      utteranceEndMs: 1000,
      diarize: false,
    };
    const driver = new DeepgramSttDriver(config, new ManualClock(), CONNECT_MS);
    const stream = await driver.createStream();
    for (const bias of [before, before, after]) {
      await stream.prepare({ ...hints, bias });
      await Utterance.say(stream, ramp(300, RATE, 1), RATE);
    }
    // The first was opened before anything was known of the call.
    expect(fake.streams.map(({ query }) => query.getAll('keyterm'))).toEqual([[], before, after]);
    await stream.close();
    await fake.stop();
  });
});
