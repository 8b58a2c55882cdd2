import type { TtsRequest } from '../speech/tts-voice.js';
import type { AgentVoice } from './agent.js';

/** How an agent's words are asked of a synthesiser. */
export function spokenWith({
  name,
  rate,
  pitch,
  providers,
  language,
}: AgentVoice): Pick<TtsRequest, 'voice' | 'voices' | 'language' | 'rate' | 'pitch'> {
  return {
    voice: name,
    rate,
    pitch,
    ...(providers && { voices: providers }),
    ...(language !== undefined && { language }),
  };
}
