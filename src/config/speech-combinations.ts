import { AzureSpeechConfig } from './azure-speech.config.js';
import { DeepgramConfig } from './deepgram.config.js';
import type { ConfigClass } from './setting.js';
import { SherpaConfig } from './sherpa.config.js';
import { SpeakersConfig } from './speakers.config.js';
import { SpeechConfig } from './speech.config.js';

const MAX_OTHER_LANGUAGES = 4;

/** Speech services that are listed and cannot be asked. */
export function speechProblems(values: ReadonlyMap<ConfigClass, object>): string[] {
  const { stt = [], tts = [] } = values.get(SpeechConfig) as Partial<SpeechConfig>;
  const azure = values.get(AzureSpeechConfig) as Partial<AzureSpeechConfig>;
  const { key: deepgramKey } = values.get(DeepgramConfig) as Partial<DeepgramConfig>;
  const problems: string[] = [];
  if (stt.includes('azure') && !azure.sttHost) problems.push(...azureProblems('STT_SERVICE_MODELS', azure));
  if (tts.includes('azure') && !azure.ttsHost) problems.push(...azureProblems('TTS_SERVICE_MODELS', azure));
  if (stt.includes('deepgram') && deepgramKey === '')
    problems.push('DEEPGRAM_API_KEY: is not set, but is needed for `deepgram` in STT_SERVICE_MODELS');
  const { modelsDir, sttLanguages, ttsLanguages } = values.get(SherpaConfig) as Partial<SherpaConfig>;
  for (const [list, names, variable, languages] of [
    ['STT_SERVICE_MODELS', stt, 'SHERPA_STT_LANGUAGES', sttLanguages],
    ['TTS_SERVICE_MODELS', tts, 'SHERPA_TTS_LANGUAGES', ttsLanguages],
  ] as const) {
    if (!names.some((name) => name === 'sherpa')) continue;
    if (modelsDir === '') problems.push(`SHERPA_MODELS_DIR: is not set, but is needed for \`sherpa\` in ${list}`);
    if (languages?.length === 0) problems.push(`${variable}: is empty, but is needed for \`sherpa\` in ${list}`);
  }
  const { driver, url } = values.get(SpeakersConfig) as Partial<SpeakersConfig>;
  if (driver === 'sherpa' && modelsDir === '')
    problems.push('SHERPA_MODELS_DIR: is not set, but is needed for SPEAKER_ID=sherpa');
  if (driver === 'http' && url === '')
    problems.push('SPEAKER_EMBEDDER_URL: is not set, but is needed for SPEAKER_ID=http');
  if ((azure.languages?.length ?? 0) > MAX_OTHER_LANGUAGES)
    problems.push(`AZURE_SPEECH_LANGUAGES: the service tells ${MAX_OTHER_LANGUAGES} languages apart at most`);
  return [...new Set(problems)];
}

function azureProblems(list: string, { key, region, endpoint, resourceId }: Partial<AzureSpeechConfig>): string[] {
  const problems: string[] = [];
  if (!key && !resourceId)
    problems.push(
      `AZURE_SPEECH_KEY, AZURE_SPEECH_RESOURCE_ID: neither is set, but one is needed for \`azure\` in ${list}`,
    );
  if (!region && !endpoint)
    problems.push(
      `AZURE_SPEECH_REGION, AZURE_SPEECH_ENDPOINT: neither is set, but one is needed for \`azure\` in ${list}`,
    );
  if (!key && resourceId && !endpoint)
    problems.push('AZURE_SPEECH_ENDPOINT: is not set, but Entra ID (AZURE_SPEECH_RESOURCE_ID) needs it');
  return problems;
}
