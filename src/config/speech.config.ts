import { configOf, int, number, oneOf, setting, someOf } from './setting.js';

export class SpeechConfig extends configOf('speech', {
  stt: setting(
    'STT_SERVICE_MODELS',
    someOf(['azure', 'deepgram', 'embedded', 'sherpa', 'scripted'], 1),
    'Speech recognisers in order: the first that knows the language hears the caller, the next ones take over when it fails. `azure` and `deepgram` need their credentials, `sherpa` a local model; `scripted` hears what SCRIPTED_STT_TEXT says, whatever the caller does.',
  ),
  tts: setting(
    'TTS_SERVICE_MODELS',
    someOf(['azure', 'embedded', 'sherpa', 'scripted'], 1),
    'Speech synthesisers in order: the first that knows the language speaks, the next ones take over when it fails. `scripted` hums a tone for each word.',
  ),
  vad: setting(
    'VAD',
    oneOf(['silero', 'energy', 'scripted']),
    '`silero` is a small neural network; `energy` only measures loudness, and takes music and key tones for speech; `scripted` takes every loud window for speech, with the faults of SCRIPTED_VAD_….',
  ),
  inferenceWorkers: setting(
    'INFERENCE_WORKERS',
    int(0, 64),
    'Worker threads for local recognition, and as many for synthesis (processes, with `sherpa`); 0 is one less than there are cores, at least 1.',
  ),
  sttPoolWarm: setting(
    'STT_POOL_WARM',
    int(0, 200),
    'Recogniser streams kept ready: so many of the first recogniser, one of each that may take over.',
  ),
  sttPoolMax: setting(
    'STT_POOL_MAX',
    int(0, 10_000),
    'Streams of each recogniser at most; 0 is two for each of MAX_CONNECTIONS: a call that is listened to needs one for either side.',
  ),
  ttsPoolWarm: setting(
    'TTS_POOL_WARM',
    int(0, 200),
    'Synthesiser voices kept ready: so many of the first synthesiser, one of each that may take over.',
  ),
  ttsPoolMax: setting(
    'TTS_POOL_MAX',
    int(0, 10_000),
    'Voices of each synthesiser at most; 0 is as many as MAX_CONNECTIONS.',
  ),
  poolQueue: setting(
    'SPEECH_POOL_QUEUE',
    int(0, 10_000),
    'Sessions that may wait for a stream or voice; the next one fails at once.',
  ),
  poolWaitMs: setting('SPEECH_POOL_WAIT_MS', int(1, 60_000), 'How long a session waits for a stream or voice.'),
  connectMs: setting(
    'SPEECH_CONNECT_MS',
    int(100, 30_000),
    'How long connecting to a speech service may take before it counts as failed.',
  ),
  readyMs: setting(
    'SPEECH_READY_MS',
    int(100, 30_000),
    'A call that begins does not wait longer than this for a stream or voice to be made ready, if there is another service to ask; all but the last of a list get twice as long together.',
  ),
  sttFinalMs: setting(
    'STT_FINAL_MS',
    int(200, 10_000),
    'A recogniser that has not understood an utterance so long after its end has failed, if there is another one to ask.',
  ),
  sttFinalTotalMs: setting(
    'STT_FINAL_TOTAL_MS',
    int(200, 30_000),
    'All recognisers of the list but the last share this time after the end of an utterance.',
  ),
  ttsFirstAudioMs: setting(
    'TTS_FIRST_AUDIO_MS',
    int(200, 60_000),
    'A synthesiser that has brought no audio for a sentence by then has failed, if there is another one to ask. It has less time when the caller waits already: see FIRST_SOUND_MS.',
  ),
  ttsStallMs: setting(
    'TTS_STALL_MS',
    int(500, 120_000),
    'A synthesiser that brings no audio for this long has failed; another one goes on with the sentence, or the agent with the next sentence.',
  ),
  breakerFailures: setting(
    'SPEECH_BREAKER_FAILURES',
    int(1, 100),
    'A speech service that has failed so many times in a row, whoever the caller, is not asked for a while.',
  ),
  breakerOpenMs: setting(
    'SPEECH_BREAKER_OPEN_MS',
    int(100, 600_000),
    'How long it is not asked; then it is tried in the background, and used again when it answers.',
  ),
  ttsCacheBytes: setting(
    'TTS_CACHE_BYTES',
    int(0, 1_000_000_000),
    'Memory for synthesised fixed phrases of each synthesiser, bytes.',
  ),
  minConfidence: setting(
    'STT_MIN_CONFIDENCE',
    number(0, 1),
    'The agent asks again when the recogniser was less sure than this.',
  ),
}) {}
