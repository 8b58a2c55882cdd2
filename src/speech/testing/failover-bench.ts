import { loadConfig } from '../../config/load.js';
import { SpeechConfig } from '../../config/speech.config.js';
import { VoiceConfig } from '../../config/voice.config.js';
import type { ManualClock } from '../../kernel/clock.js';
import { SttDrivers, TtsDrivers } from '../speech-drivers.js';
import { SpeechService } from '../speech.service.js';
import type { SttDriver } from '../stt-stream.js';
import type { TtsDriver } from '../tts-voice.js';
import { ScriptedVad } from './scripted-vad.js';

/** A speech service of these drivers, in order, with the usual settings besides `env`. */
export async function speechOf(
  clock: ManualClock,
  stt: readonly SttDriver[],
  tts: readonly TtsDriver[],
  env: NodeJS.ProcessEnv = {},
): Promise<SpeechService> {
  const { values } = loadConfig({ MAX_CONNECTIONS: '4', ...env });
  const speech = new SpeechService(
    new SttDrivers(...stt),
    new TtsDrivers(...tts),
    new ScriptedVad(),
    values.get(SpeechConfig) as SpeechConfig,
    values.get(VoiceConfig) as VoiceConfig,
    clock,
  );
  const starting = speech.start(new AbortController().signal);
  // Who cannot be reached is waited for.
  await clock.advance(20_000);
  await starting;
  return speech;
}
