import { DefaultAzureCredential, getBearerTokenProvider, type TokenCredential } from '@azure/identity';
import { messageOf } from '../../../kernel/errors.js';
import { LlmError } from '../../llm-error.js';

const SCOPE = 'https://cognitiveservices.azure.com/.default';
const NETWORK = /endpoints_resolution_error|network_error|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN/;

/**
 * Tokens of Entra ID for Azure OpenAI, kept until shortly before they end. Without a credential of its own it looks, in
 * this order among others, at AZURE_CLIENT_ID and its siblings, a workload identity and a managed identity.
 */
export function entraTokenProvider(credential: TokenCredential = new DefaultAzureCredential()): () => Promise<string> {
  const provide = getBearerTokenProvider(credential, SCOPE);
  return async () => {
    try {
      return await provide();
    } catch (error) {
      throw tokenError(error);
    }
  };
}

/** The library's message holds addresses and ids of the tenant; of it, only the code that Entra ID gives is kept. */
function tokenError(error: unknown): LlmError {
  const code = /AADSTS\d+/.exec(messageOf(error))?.[0];
  if (code === undefined && NETWORK.test(messageOf(error)))
    return new LlmError('unreachable', 'Entra ID cannot be reached for a token');
  const why = code ?? (error instanceof Error ? error.name : 'unknown');
  return new LlmError('misconfigured', `Entra ID gives no token (${why})`);
}
