import { describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig } from './load.js';
import { SpeechConfig } from './speech.config.js';

function problems(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    return (error as ConfigError).problems;
  }
}

describe('speech services', () => {
  it('come in order', () => {
    const { values } = loadConfig({
      STT_SERVICE_MODELS: 'azure, deepgram,embedded',
      TTS_SERVICE_MODELS: 'embedded',
      AZURE_SPEECH_KEY: 'k',
      AZURE_SPEECH_REGION: 'westeurope',
      DEEPGRAM_API_KEY: 'd',
    });
    expect(values.get(SpeechConfig)).toMatchObject({ stt: ['azure', 'deepgram', 'embedded'], tts: ['embedded'] });
  });

  it('are refused when they are unknown, given twice, or none', () => {
    for (const list of ['whisper', 'embedded,embedded', ','])
      expect(problems({ STT_SERVICE_MODELS: list })).toEqual([
        expect.stringContaining('STT_SERVICE_MODELS: was given'),
      ]);
  });

  it('need what they are entered with', () => {
    expect(problems({ STT_SERVICE_MODELS: 'azure,deepgram', TTS_SERVICE_MODELS: 'azure' })).toEqual([
      expect.stringMatching(/^AZURE_SPEECH_KEY, AZURE_SPEECH_RESOURCE_ID: neither is set.*STT_SERVICE_MODELS/),
      expect.stringMatching(/^AZURE_SPEECH_REGION, AZURE_SPEECH_ENDPOINT: neither is set.*STT_SERVICE_MODELS/),
      expect.stringMatching(/^AZURE_SPEECH_KEY, AZURE_SPEECH_RESOURCE_ID: neither is set.*TTS_SERVICE_MODELS/),
      expect.stringMatching(/^AZURE_SPEECH_REGION, AZURE_SPEECH_ENDPOINT: neither is set.*TTS_SERVICE_MODELS/),
      expect.stringMatching(/^DEEPGRAM_API_KEY: is not set/),
    ]);
    expect(problems({ TTS_SERVICE_MODELS: 'azure', AZURE_SPEECH_TTS_HOST: 'http://tts:5000' })).toEqual([]);
    expect(
      problems({
        TTS_SERVICE_MODELS: 'azure',
        AZURE_SPEECH_RESOURCE_ID: '/subscriptions/s',
        AZURE_SPEECH_REGION: 'westeurope',
      }),
    ).toEqual([expect.stringMatching(/^AZURE_SPEECH_ENDPOINT: is not set/)]);
  });

  it('are reached without encryption on this machine only', () => {
    expect(problems({ DEEPGRAM_URL: 'ws://example.com' })).toHaveLength(1);
    expect(problems({ DEEPGRAM_URL: 'ws://127.0.0.1:80' })).toEqual([]);
  });

  it('by sherpa-onnx need a folder of models and a language', () => {
    const both = { STT_SERVICE_MODELS: 'sherpa', TTS_SERVICE_MODELS: 'embedded,sherpa' };
    expect(problems(both)).toEqual([
      'SHERPA_MODELS_DIR: is not set, but is needed for `sherpa` in STT_SERVICE_MODELS',
      'SHERPA_MODELS_DIR: is not set, but is needed for `sherpa` in TTS_SERVICE_MODELS',
    ]);
    expect(problems({ ...both, SHERPA_MODELS_DIR: '/models', SHERPA_TTS_LANGUAGES: ',' })).toEqual([
      'SHERPA_TTS_LANGUAGES: is empty, but is needed for `sherpa` in TTS_SERVICE_MODELS',
    ]);
    expect(problems({ ...both, SHERPA_MODELS_DIR: '/models' })).toEqual([]);
  });
});
