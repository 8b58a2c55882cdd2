import { configOf, int, number, oneOf, setting } from './setting.js';

export class SpeechConfig extends configOf('speech', {
  stt: setting(
    'STT_SERVICE_MODELS',
    oneOf(['embedded', 'scripted']),
    'Speech recogniser: `scripted` hears what SCRIPTED_STT_TEXT says, whatever the caller does.',
  ),
  tts: setting(
    'TTS_SERVICE_MODELS',
    oneOf(['embedded', 'scripted']),
    'Speech synthesiser: `scripted` hums a tone for each word.',
  ),
  vad: setting(
    'VAD',
    oneOf(['silero', 'energy', 'scripted']),
    '`silero` is a small neural network; `energy` only measures loudness, and takes music and key tones for speech; `scripted` takes every loud window for speech, with the faults of SCRIPTED_VAD_….',
  ),
  inferenceWorkers: setting(
    'INFERENCE_WORKERS',
    int(0, 64),
    'Worker threads for local recognition, and as many for synthesis; 0 is one less than there are cores, at least 1.',
  ),
  sttPoolWarm: setting('STT_POOL_WARM', int(0, 200), 'Recogniser streams kept ready.'),
  sttPoolMax: setting('STT_POOL_MAX', int(0, 10_000), 'Recogniser streams at most; 0 is as many as MAX_CONNECTIONS.'),
  ttsPoolWarm: setting('TTS_POOL_WARM', int(0, 200), 'Synthesiser voices kept ready.'),
  ttsPoolMax: setting('TTS_POOL_MAX', int(0, 10_000), 'Synthesiser voices at most; 0 is as many as MAX_CONNECTIONS.'),
  poolQueue: setting(
    'SPEECH_POOL_QUEUE',
    int(0, 10_000),
    'Sessions that may wait for a stream or voice; the next one fails at once.',
  ),
  poolWaitMs: setting('SPEECH_POOL_WAIT_MS', int(1, 60_000), 'How long a session waits for a stream or voice.'),
  ttsStallMs: setting(
    'TTS_STALL_MS',
    int(500, 120_000),
    'A synthesiser that brings no audio for this long has failed; the agent goes on with the next sentence.',
  ),
  ttsCacheBytes: setting('TTS_CACHE_BYTES', int(0, 1_000_000_000), 'Memory for synthesised fixed phrases, bytes.'),
  minConfidence: setting(
    'STT_MIN_CONFIDENCE',
    number(0, 1),
    'The agent asks again when the recogniser was less sure than this.',
  ),
}) {}
