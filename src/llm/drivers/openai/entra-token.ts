import { DefaultAzureCredential, getBearerTokenProvider, type TokenCredential } from '@azure/identity';
import { LlmError } from '../../llm-error.js';

const SCOPE = 'https://cognitiveservices.azure.com/.default';
/** What the library calls it when the credentials, not the network, are the problem. */
const REFUSED = new Set([
  'AggregateAuthenticationError',
  'AuthenticationError',
  'AuthenticationRequiredError',
  'CredentialUnavailableError',
]);

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
      const name = error instanceof Error ? error.name : '';
      // Its message holds addresses and ids of the tenant.
      throw REFUSED.has(name)
        ? new LlmError('misconfigured', `Entra ID gives no token (${name})`)
        : new LlmError('unreachable', 'Entra ID cannot be reached for a token');
    }
  };
}
