import { expect, it } from '@jest/globals';
import { loadConfig } from '../config/load.js';
import { SpeechConfig } from '../config/speech.config.js';
import { VoiceConfig } from '../config/voice.config.js';
import { ManualClock } from '../kernel/clock.js';
import { SttDrivers, TtsDrivers } from './speech-drivers.js';
import { SpeechService } from './speech.service.js';
import { ScriptedSttDriver } from './testing/scripted-stt.js';
import { ScriptedTtsDriver } from './testing/scripted-tts.js';
import { ScriptedVad } from './testing/scripted-vad.js';

const never = new AbortController().signal;
const hints = { id: 'h', language: 'en-US', phrases: [], slots: {}, answers: [] };
const voice = { voice: 'hum', rate: 1, pitch: 0 };

async function setUp() {
  const clock = new ManualClock();
  const tts = new ScriptedTtsDriver(clock).failsOn('breaks').stallsOn('stalls');
  const { values } = loadConfig({ TTS_STALL_MS: '5000' });
  const [speechConfig, voiceConfig] = [values.get(SpeechConfig), values.get(VoiceConfig)] as [
    SpeechConfig,
    VoiceConfig,
  ];
  const speech = new SpeechService(
    new SttDrivers(new ScriptedSttDriver(clock)),
    new TtsDrivers(tts),
    new ScriptedVad(),
    speechConfig,
    voiceConfig,
    clock,
  );
  await speech.start(never);
  return { clock, tts, speech };
}

it('goes on with the next phrase when one fails, or brings no audio within TTS_STALL_MS, and counts what is ready', async () => {
  const { clock, tts, speech } = await setUp();
  const warming = speech.warmUp(voice, ['This breaks.', 'This stalls.', 'This is fine.'], hints, never);
  await clock.advance(5000);
  expect(await warming).toBe(1);
  expect(tts).toMatchObject({ running: 0, aborted: 1 });
  expect(speech.pools().map(({ in_use }) => in_use)).toEqual([0, 0]);
  expect(clock.pending).toBe(0);
});

it('stops when it is told to', async () => {
  const { clock, speech } = await setUp();
  const controller = new AbortController();
  const warming = speech.warmUp(voice, ['This stalls.', 'This is fine.'], hints, controller.signal);
  await clock.advance(1000);
  controller.abort(new Error('shutdown'));
  await expect(warming).rejects.toThrow('shutdown');
  expect(speech.pools().map(({ in_use }) => in_use)).toEqual([0, 0]);
});
