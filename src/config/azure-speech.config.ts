import { address, configOf, list, oneOf, secret, setting, text } from './setting.js';

export class AzureSpeechConfig extends configOf('azureSpeech', {
  key: secret('AZURE_SPEECH_KEY', text(), 'Key of the Speech resource; it is exchanged for ten-minute tokens.'),
  region: setting('AZURE_SPEECH_REGION', text().regex(/^[a-z0-9]*$/), 'Region of the resource, such as `westeurope`.'),
  endpoint: setting(
    'AZURE_SPEECH_ENDPOINT',
    address(),
    'Address of a resource with a domain of its own, such as `https://my-speech.cognitiveservices.azure.com`, instead of the region. Entra ID and private endpoints need it.',
  ),
  resourceId: setting(
    'AZURE_SPEECH_RESOURCE_ID',
    text(),
    'Without a key: the resource, `/subscriptions/…/resourceGroups/…/providers/Microsoft.CognitiveServices/accounts/…`. Tokens come from Entra ID (managed identity, workload identity, or the variables of `@azure/identity`).',
  ),
  sttHost: setting('AZURE_SPEECH_STT_HOST', address(), 'A speech-to-text container of your own; needs no credentials.'),
  ttsHost: setting('AZURE_SPEECH_TTS_HOST', address(), 'A text-to-speech container of your own; needs no credentials.'),
  languages: setting(
    'AZURE_SPEECH_LANGUAGES',
    list(),
    'Locales callers may speak besides the agent’s language, such as `en-US, es-MX`. The service finds out with each utterance; four at most, with the agent’s.',
  ),
  profanity: setting(
    'AZURE_SPEECH_PROFANITY',
    oneOf(['masked', 'removed', 'raw']),
    'What becomes of swear words in transcripts.',
  ),
  voice: setting(
    'AZURE_SPEECH_VOICE',
    text().min(1),
    'The voice, where the agent’s `voice.providers` names none and another synthesiser comes first.',
  ),
  ttsRate: setting(
    'AZURE_SPEECH_TTS_RATE',
    oneOf(['8000', '16000', '24000']),
    'Rate of synthesised audio, Hz: 8000 where all calls are telephone calls, else 24000.',
  ),
}) {}
