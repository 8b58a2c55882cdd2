import { SpeechConfig } from 'microsoft-cognitiveservices-speech-sdk';
import type { AzureSpeechConfig } from '../../../config/azure-speech.config.js';
import type { Clock } from '../../../kernel/clock.js';
import { type AzureTokenSource, entraTokens, keyExchange } from './azure-token-source.js';
import { AzureTokens } from './azure-tokens.js';

/** Of a resource with an address of its own; the SDK would ask for a redirect if the path were left out. */
const RECOGNITION_PATH = '/stt/speech/universal/v2';

/** Where the speech service is and how to get in; shared by its recognisers and synthesisers. */
export class AzureAccess {
  readonly tokens: AzureTokens | undefined;

  private constructor(
    private readonly config: AzureSpeechConfig,
    source: AzureTokenSource | undefined,
    clock: Clock,
    onIncident: (message: string) => void,
  ) {
    this.tokens = source && new AzureTokens(source, clock, onIncident);
  }

  static async create(
    config: AzureSpeechConfig,
    clock: Clock,
    onIncident: (message: string) => void,
  ): Promise<AzureAccess> {
    return new AzureAccess(config, await tokenSourceOf(config, clock), clock, onIncident);
  }

  /** Rejects with a ParleyError when there is no token to be had. */
  recognition(): Promise<SpeechConfig> {
    return this.speechConfig(this.config.sttHost, (base) => SpeechConfig.fromEndpoint(new URL(RECOGNITION_PATH, base)));
  }

  /** Rejects with a ParleyError when there is no token to be had. */
  synthesis(): Promise<SpeechConfig> {
    return this.speechConfig(this.config.ttsHost, (base) => SpeechConfig.fromHost(base));
  }

  close(): void {
    this.tokens?.close();
  }

  private async speechConfig(host: string, atOwnAddress: (base: URL) => SpeechConfig): Promise<SpeechConfig> {
    // A container of one's own asks for no credentials; it is billed by other means.
    if (host !== '') return SpeechConfig.fromHost(webSocketOf(host));
    const { endpoint, region } = this.config;
    const token = (await this.tokens?.get()) ?? '';
    if (endpoint === '') return SpeechConfig.fromAuthorizationToken(token, region);
    const config = atOwnAddress(webSocketOf(endpoint));
    config.authorizationToken = token;
    return config;
  }
}

async function tokenSourceOf(config: AzureSpeechConfig, clock: Clock): Promise<AzureTokenSource | undefined> {
  const { key, region, endpoint, resourceId } = config;
  const base = endpoint === '' ? `https://${region}.api.cognitive.microsoft.com` : endpoint;
  if (key !== '') return keyExchange(new URL('/sts/v1.0/issueToken', base).href, key);
  if (resourceId === '') return undefined;
  const { DefaultAzureCredential } = await import('@azure/identity');
  return entraTokens(new DefaultAzureCredential(), resourceId, () => clock.wallTime());
}

function webSocketOf(address: string): URL {
  return new URL(address.replace(/^http/, 'ws'));
}
