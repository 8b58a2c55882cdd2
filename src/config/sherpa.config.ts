import { configOf, flag, int, list, oneOf, setting, text } from './setting.js';

export class SherpaConfig extends configOf('sherpa', {
  modelsDir: setting(
    'SHERPA_MODELS_DIR',
    text(),
    'Folder with local models, one folder for each; see docs/local-models.md. Nothing is downloaded.',
  ),
  sttModel: setting('SHERPA_STT_MODEL', text().min(1), 'Folder of the streaming recogniser, in SHERPA_MODELS_DIR.'),
  sttLanguages: setting(
    'SHERPA_STT_LANGUAGES',
    list(),
    'Languages the recogniser understands, such as `en` or `de, fr`.',
  ),
  sttRate: setting(
    'SHERPA_STT_RATE',
    oneOf(['8000', '16000']),
    'Rate of the audio the recogniser was trained with, Hz: 16000 unless its authors say otherwise.',
  ),
  ttsModel: setting('SHERPA_TTS_MODEL', text().min(1), 'Folder of the synthesiser, in SHERPA_MODELS_DIR.'),
  ttsLanguages: setting('SHERPA_TTS_LANGUAGES', list(), 'Languages the synthesiser speaks, such as `en`.'),
  ttsVoices: setting(
    'SHERPA_TTS_VOICES',
    list(),
    'Names for the synthesiser’s speakers, in their order; each is also `sherpa:0`, `sherpa:1` and so on. The first one is the default.',
  ),
  speakerModel: setting(
    'SHERPA_SPEAKER_MODEL',
    text().min(1),
    'Folder of the model for speaker embeddings, in SHERPA_MODELS_DIR.',
  ),
  int8: setting(
    'SHERPA_INT8',
    flag(),
    'Where a model comes as `x.onnx` and `x.int8.onnx`, take the second: faster, a little less accurate.',
  ),
  threads: setting('SHERPA_THREADS', int(1, 64), 'Threads of each of the INFERENCE_WORKERS.'),
  loadMs: setting(
    'SHERPA_LOAD_MS',
    int(1000, 29_000),
    'How long loading a model may take; the start waits for 30 s in all.',
  ),
}) {}
