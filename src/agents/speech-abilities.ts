import type { SttDrivers, TtsDrivers } from '../speech/speech-drivers.js';

/** What the speech drivers can do, to check agents against. */
export interface SpeechAbilities {
  /** Undefined when any name will do. */
  readonly voices?: readonly string[] | undefined;
  /** Primary subtags, such as `en`: what is both understood and spoken. */
  readonly languages: readonly string[];
}

export function speechAbilities(
  stt: Pick<SttDrivers, 'languages'>,
  tts: Pick<TtsDrivers, 'languages' | 'voices'>,
): SpeechAbilities {
  return { voices: tts.voices, languages: stt.languages.filter((language) => tts.languages.includes(language)) };
}
