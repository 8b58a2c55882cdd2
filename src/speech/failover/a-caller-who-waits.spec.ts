import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../kernel/clock.js';
import type { SpeechService } from '../speech.service.js';
import { speechOf } from '../testing/failover-bench.js';
import { FaultySttDriver } from '../testing/faulty-stt.js';
import { FaultyTtsDriver } from '../testing/faulty-tts.js';
import { Utterance, ramp } from '../testing/utterance.js';
import { PhraseCache } from '../phrase-cache.js';
import type { TtsRequest } from '../tts-voice.js';

const never = new AbortController().signal;
const READY_MS = 1000;
const FINAL_MS = 1500;
const KEPT_FOR_OTHERS_MS = 400;
const stalls = { kind: 'stalls', afterWords: 0 } as const;

function bench(voices = 2, recognisers = 1) {
  const clock = new ManualClock();
  const tts = Array.from({ length: voices }, (_, index) => new FaultyTtsDriver(`t${index}`, clock));
  const stt = Array.from({ length: recognisers }, (_, index) => new FaultySttDriver(`s${index}`, clock));
  return { clock, tts, stt };
}

/** When, from now on, the first audio of a sentence came, and from whom. */
async function firstAudio(
  clock: ManualClock,
  speech: SpeechService,
  more: Partial<TtsRequest> = {},
): Promise<{ afterMs: number }> {
  const session = await speech.lease('ada', never);
  const since = clock.now();
  const request: TtsRequest = { text: 'w1 w2', voice: 'v', rate: 1, pitch: 0, cacheable: false, ...more };
  let afterMs: number | undefined;
  const speaking = (async () => {
    for await (const _ of session.voice.synthesize(request, never)) afterMs ??= clock.now() - since;
  })();
  await clock.advance(20_000);
  await speaking;
  session.release();
  return { afterMs: afterMs! };
}

describe('a voice that somebody waits for', () => {
  it.each([
    ['nobody', undefined, 2000],
    ['somebody who has just begun to', 2500, 2000],
    ['somebody who has waited for long', 1000, 600],
    ['somebody who was to hear it by now', 0, 500],
    ['somebody who was to hear it long ago', -5000, 500],
  ])('takes, of three of which two hang, what is left: %s', async (_, leftMs, expectedMs) => {
    const { clock, tts, stt } = bench(3);
    const speech = await speechOf(clock, stt, tts);
    tts[0]!.fates.push(stalls);
    tts[1]!.fates.push(stalls);
    const audibleBy = leftMs === undefined ? undefined : clock.now() + leftMs;
    const { afterMs } = await firstAudio(clock, speech, audibleBy === undefined ? {} : { audibleBy });
    expect(afterMs).toBe(expectedMs);
    await speech.stop();
  });

  it('is not held against who had less time than it may take, but against who refused in it', async () => {
    const { clock, tts, stt } = bench();
    const speech = await speechOf(clock, stt, tts, { SPEECH_BREAKER_FAILURES: '1', SPEECH_BREAKER_OPEN_MS: '60000' });
    tts[0]!.fates.push(stalls);
    await firstAudio(clock, speech, { audibleBy: clock.now() });
    expect(speech.status.tts[0]).toMatchObject({ state: 'closed' });
    tts[0]!.fates.push({ kind: 'dies', afterWords: 0 });
    await firstAudio(clock, speech, { audibleBy: clock.now() });
    expect(speech.status.tts[0]).toMatchObject({ state: 'open', last_error: 't0 died' });
    await speech.stop();
  });
});

describe('a voice that hangs', () => {
  it('is not taken for one that works because it has something at hand that was made before', async () => {
    const { clock, tts, stt } = bench();
    const make = tts[0]!.createVoice.bind(tts[0]);
    const kept = new PhraseCache(100_000);
    tts[0]!.createVoice = async () => {
      const voice = await make();
      return {
        close: () => voice.close(),
        async *synthesize(request, signal) {
          yield* kept.get(request) ?? voice.synthesize(request, signal);
        },
      };
    };
    kept.add({ text: 'w7', voice: 'v', rate: 1, pitch: 0, cacheable: true }, [
      { pcm: new Int16Array(80), sampleRate: 8000 },
    ]);
    const speech = await speechOf(clock, stt, tts, { SPEECH_BREAKER_OPEN_MS: '600000' });
    for (let i = 0; i < 3; i++) {
      tts[0]!.fates.push(stalls);
      await firstAudio(clock, speech);
      expect(await firstAudio(clock, speech, { text: 'w7' })).toEqual({ afterMs: 0 });
    }
    expect(speech.status.tts[0]).toMatchObject({ state: 'open' });
    await speech.stop();
  });
});

describe('recognisers that hang one after the other', () => {
  it('share the wait for a final', async () => {
    const { clock, tts, stt } = bench(1, 3);
    const speech = await speechOf(clock, stt, tts);
    for (const driver of stt.slice(0, 2)) driver.fates.push({ kind: 'never answers' });
    const session = await speech.lease('ada', never);
    const said = new Utterance();
    session.stt.start(said);
    session.stt.write(ramp(300, 8000, 1));
    session.stt.finish();
    // 3000 ms together, of which something is left to the last one.
    await clock.advance(3000 - KEPT_FOR_OTHERS_MS - 1);
    expect(said.ends).toBe(0);
    await clock.advance(1);
    expect(said.final).toMatchObject({ text: 'w0 w1 w2' });
    session.release();
    await speech.stop();
    expect(clock.pending).toBe(0);
  });

  it('have connecting counted in when the caller has finished', async () => {
    const { clock, tts, stt } = bench(1, 2);
    stt[0]!.builds.push('works', 'works', 'works');
    const speech = await speechOf(clock, stt, tts, { STT_POOL_WARM: '0' });
    stt[0]!.builds.splice(0, 3, 'hangs', 'hangs', 'hangs');
    const leasing = speech.lease('ada', never);
    await clock.advance(READY_MS);
    const session = await leasing;
    const said = new Utterance();
    session.stt.start(said);
    session.stt.write(ramp(300, 8000, 1));
    session.stt.finish();
    await clock.advance(FINAL_MS);
    expect(said.final).toMatchObject({ text: 'w0 w1 w2' });
    session.release();
    await speech.stop();
  });
});

describe('a call that begins', () => {
  it('waits for its ears and its voice at the same time, and not long for those that hang', async () => {
    const { clock, tts, stt } = bench(2, 2);
    const speech = await speechOf(clock, stt, tts, { STT_POOL_WARM: '0', TTS_POOL_WARM: '0' });
    const hangs = (): Promise<never> => new Promise(() => undefined);
    tts[0]!.createVoice = hangs;
    stt[0]!.createStream = hangs;
    const since = clock.now();
    const leasing = Promise.all(['a', 'b', 'c'].map((id) => speech.lease(id, never)));
    await clock.advance(READY_MS - 1);
    expect(speech.pools().find(({ name }) => name === 'tts_t1')).toMatchObject({ in_use: 0 });
    await clock.advance(1);
    const sessions = await leasing;
    expect(clock.now() - since).toBe(READY_MS);
    // All of them have waited: nobody else does.
    expect(speech.status).toMatchObject({ stt: [{ state: 'open' }, {}], tts: [{ state: 'open' }, {}] });
    sessions.push(await speech.lease('d', never));
    expect(clock.now() - since).toBe(READY_MS);
    for (const session of sessions) session.release();
    await speech.stop();
  });

  it('begins without ears when they cannot be had, and hears when they come', async () => {
    const { clock, tts, stt } = bench(1, 1);
    const speech = await speechOf(clock, stt, tts, { STT_POOL_WARM: '0' });
    stt[0]!.builds.push('hangs', 'works');
    const leasing = speech.lease('ada', never);
    await clock.advance(250);
    const session = await leasing;
    await session.stt.prepare({ id: 'h', language: 'en-US', phrases: [], slots: {}, answers: [] });
    const said = new Utterance();
    session.stt.start(said);
    session.stt.write(ramp(300, 8000, 1));
    await clock.advance(20_000);
    session.stt.finish();
    await clock.advance(20_000);
    expect(said.final).toMatchObject({ text: 'w0 w1 w2' });
    session.release();
    await speech.stop();
  });

  it('is refused when all ears are in use', async () => {
    const { clock, tts, stt } = bench(1, 1);
    const speech = await speechOf(clock, stt, tts, { STT_POOL_MAX: '1' });
    const session = await speech.lease('ada', never);
    const refused = expect(speech.lease('bob', never)).rejects.toMatchObject({ code: 'timeout' });
    await clock.advance(3000);
    await refused;
    session.release();
    await speech.stop();
    expect(speech.pools().map(({ in_use }) => in_use)).toEqual([0, 0]);
  });
});
