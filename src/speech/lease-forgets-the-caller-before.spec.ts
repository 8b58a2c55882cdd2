import { expect, it } from '@jest/globals';
import type { SpeechConfig } from '../config/speech.config.js';
import { VoiceConfig } from '../config/voice.config.js';
import { ManualClock } from '../kernel/clock.js';
import { SttDrivers, TtsDrivers } from './speech-drivers.js';
import { SpeechService } from './speech.service.js';
import { ScriptedSttDriver } from './testing/scripted-stt.js';
import { ScriptedTtsDriver } from './testing/scripted-tts.js';
import { ScriptedVad } from './testing/scripted-vad.js';

const oneOfEach: SpeechConfig = {
  stt: ['scripted'],
  tts: ['scripted'],
  vad: 'energy',
  inferenceWorkers: 1,
  sttPoolWarm: 1,
  sttPoolMax: 1,
  ttsPoolWarm: 1,
  ttsPoolMax: 1,
  poolQueue: 1,
  poolWaitMs: 1000,
  connectMs: 2000,
  readyMs: 1000,
  sttFinalMs: 1500,
  sttFinalTotalMs: 3000,
  ttsFirstAudioMs: 1000,
  breakerFailures: 3,
  breakerOpenMs: 10_000,
  ttsStallMs: 5000,
  ttsCacheBytes: 0,
  minConfidence: 0.5,
};

it('tells a recogniser about every new caller before lending it', async () => {
  const clock = new ManualClock();
  const events: string[] = [];
  const stt = new ScriptedSttDriver(clock);
  const createStream = stt.createStream.bind(stt);
  stt.createStream = async () => {
    const stream = await createStream();
    const forget = stream.reset.bind(stream);
    stream.reset = () => {
      events.push('reset');
      forget();
    };
    return stream;
  };
  const speech = new SpeechService(
    new SttDrivers(stt),
    new TtsDrivers(new ScriptedTtsDriver(clock)),
    new ScriptedVad(),
    oneOfEach,
    new VoiceConfig(),
    clock,
  );
  const never = new AbortController().signal;
  await speech.start(never);
  for (const caller of ['ada', 'ben']) {
    const session = await speech.lease(caller, never);
    events.push(`lent to ${caller}`);
    session.release();
  }
  await speech.stop();
  expect(events).toEqual(['reset', 'lent to ada', 'reset', 'lent to ben']);
  expect(stt.streams).toHaveLength(1);
});
