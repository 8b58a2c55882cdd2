import { expect, it } from '@jest/globals';
import type { SpeechConfig } from '../config/speech.config.js';
import { VoiceConfig } from '../config/voice.config.js';
import { ManualClock } from '../kernel/clock.js';
import { SpeechService } from './speech.service.js';
import type { SttStream } from './stt-stream.js';
import { ScriptedSttDriver } from './testing/scripted-stt.js';
import { ScriptedTtsDriver } from './testing/scripted-tts.js';
import { ScriptedVad } from './testing/scripted-vad.js';

const oneOfEach: SpeechConfig = {
  stt: 'embedded',
  tts: 'embedded',
  vad: 'energy',
  inferenceWorkers: 1,
  sttPoolWarm: 1,
  sttPoolMax: 1,
  ttsPoolWarm: 1,
  ttsPoolMax: 1,
  poolQueue: 1,
  poolWaitMs: 1000,
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
    stt,
    new ScriptedTtsDriver(clock),
    new ScriptedVad(),
    oneOfEach,
    new VoiceConfig(),
    clock,
  );
  const never = new AbortController().signal;
  await speech.start(never);
  const lent: SttStream[] = [];
  for (const caller of ['ada', 'ben']) {
    const session = await speech.lease(caller, never);
    events.push(`lent to ${caller}`);
    lent.push(session.stt);
    session.release();
  }
  await speech.stop();
  expect(events).toEqual(['reset', 'lent to ada', 'reset', 'lent to ben']);
  expect(lent[0]).toBe(lent[1]);
});
