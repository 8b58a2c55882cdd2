import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../kernel/clock.js';
import { speechOf } from '../testing/failover-bench.js';
import { FaultySttDriver } from '../testing/faulty-stt.js';
import { FaultyTtsDriver } from '../testing/faulty-tts.js';
import { Utterance, ramp } from '../testing/utterance.js';
import type { SpeechHints, SttStream } from '../stt-stream.js';
import type { TtsRequest, TtsVoice } from '../tts-voice.js';

const never = new AbortController().signal;
const hints = (language: string): SpeechHints => ({ id: language, language, phrases: [], slots: {}, answers: [] });
const request = (more: Partial<TtsRequest> = {}): TtsRequest => ({
  text: 'w1 w2',
  voice: 'v',
  rate: 1,
  pitch: 0,
  cacheable: false,
  ...more,
});

async function say(stream: SttStream, clock: ManualClock): Promise<Utterance> {
  const said = new Utterance();
  stream.start(said);
  await clock.advance(0);
  stream.write(ramp(300, 8000, 1));
  stream.finish();
  await clock.advance(0);
  return said;
}

async function speak(voice: TtsVoice, asked: TtsRequest): Promise<void> {
  for await (const _ of voice.synthesize(asked, never));
}

describe('providers in order', () => {
  it('are chosen by language: of the agent that takes the call, and of the one it is handed over to', async () => {
    const clock = new ManualClock();
    const english = new FaultySttDriver('english', clock, 8000, ['en']);
    const german = new FaultySttDriver('german', clock, 8000, ['de']);
    const voices = ['en', 'de'].map((language) => new FaultyTtsDriver(language, clock, { languages: [language] }));
    const speech = await speechOf(clock, [english, german], voices);
    const session = await speech.lease('ada', never, 'de-DE');
    await session.stt.prepare(hints('de-DE'));
    await say(session.stt, clock);
    await speak(session.voice, request({ language: 'de-DE' }));
    expect([english, german].map(({ answered }) => answered.length)).toEqual([0, 1]);
    await session.stt.prepare(hints('en-GB'));
    await say(session.stt, clock);
    await speak(session.voice, request({ language: 'en-GB' }));
    expect([english, german].map(({ answered }) => answered.length)).toEqual([1, 1]);
    expect(voices.map(({ requests }) => requests.length)).toEqual([1, 1]);
    expect(speech.pools().map(({ name, in_use }) => [name, in_use])).toEqual([
      ['stt', 1],
      ['tts', 1],
      ['stt_german', 0],
      ['tts_de', 0],
    ]);
    session.release();
    await speech.stop();
  });

  it('cost nothing as long as they are not needed', async () => {
    const clock = new ManualClock();
    const spare = new FaultySttDriver('spare', clock);
    const speech = await speechOf(
      clock,
      [new FaultySttDriver('first', clock), spare],
      [new FaultyTtsDriver('t', clock)],
      {
        STT_POOL_WARM: '0',
      },
    );
    const session = await speech.lease('ada', never);
    await session.stt.prepare(hints('en-US'));
    await say(session.stt, clock);
    expect(spare.streams).toBe(0);
    session.release();
    await speech.stop();
  });

  it('are left alone once they have failed too often, probed, and used again with the next utterance', async () => {
    const clock = new ManualClock();
    const [first, second] = [new FaultySttDriver('first', clock), new FaultySttDriver('second', clock)];
    const speech = await speechOf(clock, [first, second], [new FaultyTtsDriver('t', clock)], {
      SPEECH_BREAKER_FAILURES: '2',
      SPEECH_BREAKER_OPEN_MS: '10000',
    });
    const session = await speech.lease('ada', never);
    const dies = { kind: 'dies', afterMs: 100 } as const;
    // The last one is for the probe, which comes when its time is over.
    first.fates.push(dies, dies, dies);
    for (let i = 0; i < 3; i++) expect((await say(session.stt, clock)).final).toBeDefined();
    expect(first.fates).toHaveLength(1);
    expect(second.answered).toHaveLength(3);
    expect(speech.status.stt).toMatchObject([
      { provider: 'first', state: 'open', retry_in_ms: 10_000, last_error: 'first died' },
      { provider: 'second', state: 'closed' },
    ]);
    expect(speech.mute).toEqual([]);
    await clock.advance(10_000);
    expect([first.fates.length, speech.status.stt[0]!.state]).toEqual([0, 'open']);
    await clock.advance(10_000);
    expect(speech.status.stt[0]).toEqual({ provider: 'first', state: 'closed' });
    const before = first.answered.length;
    expect((await say(session.stt, clock)).final).toBeDefined();
    expect([first.answered.length - before, second.answered.length]).toEqual([1, 3]);
    expect(speech.pools().find(({ name }) => name === 'stt_second')).toMatchObject({ in_use: 0 });
    session.release();
    await speech.stop();
    expect(clock.pending).toBe(0);
  });

  it('hear the utterance at their own rates', async () => {
    const clock = new ManualClock();
    const [first, second] = [new FaultySttDriver('first', clock, 8000), new FaultySttDriver('second', clock, 16_000)];
    first.fates.push({ kind: 'dies', afterMs: 200 });
    const speech = await speechOf(clock, [first, second], [new FaultyTtsDriver('t', clock)]);
    const session = await speech.lease('ada', never);
    expect((await say(session.stt, clock)).final).toMatchObject({ text: 'w0 w1 w2' });
    // With what was left in the filter.
    expect(second.answered[0]!.length / 16).toBeGreaterThanOrEqual(300);
    expect(second.answered[0]!.length / 16).toBeLessThan(306);
    session.release();
    await speech.stop();
  });

  it('speak in the voice that is theirs: the one named for them, the agent’s if they have it, or their own', async () => {
    const clock = new ManualClock();
    const drivers = [
      new FaultyTtsDriver('a', clock, { voices: ['v'] }),
      new FaultyTtsDriver('b', clock, { voices: ['x'] }),
      new FaultyTtsDriver('c', clock, { voices: ['y'] }),
    ];
    for (const driver of drivers) driver.fates.push({ kind: 'dies', afterWords: 0 });
    const speech = await speechOf(clock, [new FaultySttDriver('s', clock)], drivers);
    const session = await speech.lease('ada', never);
    await expect(speak(session.voice, request({ voices: { c: 'y' } }))).rejects.toMatchObject({ code: 'tts_failed' });
    expect(drivers.map(({ requests }) => requests[0]!.voice)).toEqual(['v', 'b-default', 'y']);
    session.release();
    await speech.stop();
  });

  it('say what it takes to make them ready', async () => {
    const clock = new ManualClock();
    const broken = new FaultySttDriver('broken', clock);
    broken.builds.push('fails', 'fails');
    const speech = await speechOf(
      clock,
      [broken, new FaultySttDriver('fine', clock)],
      [new FaultyTtsDriver('t', clock)],
      {
        STT_POOL_WARM: '0',
      },
    );
    expect(await speech.warmUpProviders(never)).toEqual([
      {
        kind: 'stt',
        provider: 'broken',
        ok: false,
        duration_ms: 0,
        error: 'no stt could be built: broken cannot be reached',
      },
      { kind: 'stt', provider: 'fine', ok: true, duration_ms: 0 },
      { kind: 'tts', provider: 't', ok: true, duration_ms: 0 },
    ]);
    expect(speech.pools().map(({ in_use }) => in_use)).toEqual([0, 0, 0]);
    await speech.stop();
  });
});
