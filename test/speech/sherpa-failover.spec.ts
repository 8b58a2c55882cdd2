import { describe, expect, it } from '@jest/globals';
import { SherpaSttDriver } from '../../src/speech/drivers/sherpa/sherpa-stt.driver.js';
import { SherpaTtsDriver } from '../../src/speech/drivers/sherpa/sherpa-tts.driver.js';
import { speechOf } from '../../src/speech/testing/failover-bench.js';
import { FaultySttDriver } from '../../src/speech/testing/faulty-stt.js';
import { FaultyTtsDriver } from '../../src/speech/testing/faulty-tts.js';
import { Utterance } from '../../src/speech/testing/utterance.js';
import { SherpaBench, sherpaConfig, tones } from './sherpa-bench.js';

const RATE = 16_000;
const never = new AbortController().signal;
const hints = { id: 'en', language: 'en-US', phrases: [], slots: {}, answers: [] };
/** The clock of the bench runs ahead while the models load. */
const config = sherpaConfig({ loadMs: 29_000 });

describe('a local model whose process dies in a call', () => {
  it('is stood in for: nothing of the utterance is lost, and the next one is its own again', async () => {
    const hearing = new SherpaBench();
    const backup = new FaultySttDriver('backup', hearing.clock, RATE);
    const speech = await speechOf(
      hearing.clock,
      [new SherpaSttDriver(config, hearing.options()), backup],
      [new FaultyTtsDriver('t', hearing.clock)],
    );
    const session = await speech.lease('caller', never, 'en-US');
    await session.stt.prepare(hints);
    expect((await Utterance.say(session.stt, tones(0, 440, 0), RATE)).final?.text).toBe('one');

    const audio = tones(0, 1200, 0);
    const utterance = new Utterance();
    session.stt.start(utterance);
    session.stt.write(audio.slice(0, RATE));
    await hearing.processes[0]!.terminate();
    session.stt.write(audio.slice(RATE));
    session.stt.finish();
    await hearing.clock.advance(50);
    await utterance.end;
    expect([utterance.ends, utterance.error]).toEqual([1, undefined]);
    expect(backup.answered.map((heard) => heard.length)).toEqual([audio.length]);

    await hearing.replacement(1);
    expect((await Utterance.say(session.stt, tones(0, 3000, 0), RATE)).final?.text).toBe('three');
    session.release();
    await speech.stop();
  });

  it('is stood in for in the sentence that it could not speak', async () => {
    const speaking = new SherpaBench();
    const backup = new FaultyTtsDriver('backup', speaking.clock);
    const speech = await speechOf(
      speaking.clock,
      [new FaultySttDriver('s', speaking.clock)],
      [new SherpaTtsDriver(config, { ...speaking.options(), cacheBytes: 0 }), backup],
    );
    const session = await speech.lease('caller', never, 'en-US');
    const speak = async (text: string): Promise<number> => {
      const request = { text, voice: 'sherpa:1', language: 'en-US', rate: 1, pitch: 0, cacheable: false };
      let samples = 0;
      for await (const { pcm } of session.voice.synthesize(request, never)) samples += pcm.length;
      return samples;
    };
    expect(await speak('hello.')).toBeGreaterThan(0);
    expect(backup.requests).toEqual([]);

    speaking.signal(0, 'SIGKILL');
    expect(await speak('good bye.')).toBeGreaterThan(0);
    expect(backup.requests).toHaveLength(1);

    await speaking.replacement(1);
    expect(await speak('hello again.')).toBeGreaterThan(0);
    expect(backup.requests).toHaveLength(1);
    session.release();
    await speech.stop();
  });
});
