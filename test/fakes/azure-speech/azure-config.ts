import type { AzureSpeechConfig } from '../../../src/config/azure-speech.config.js';
import type { AzureSpeechFake } from './azure-speech-fake.js';

export function azureConfig(fake: AzureSpeechFake, more: Partial<AzureSpeechConfig> = {}): AzureSpeechConfig {
  return {
    key: fake.key,
    region: '',
    endpoint: fake.url,
    resourceId: '',
    sttHost: '',
    ttsHost: '',
    languages: [],
    profanity: 'masked',
    voice: 'en-US-AvaNeural',
    ttsRate: '24000',
    ...more,
  };
}
