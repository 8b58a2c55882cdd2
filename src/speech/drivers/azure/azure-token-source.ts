import type { TokenCredential } from '@azure/identity';
import { ParleyError } from '../../../kernel/errors.js';

/** What the speech service lets a connection in with, and for how long. */
export interface AzureToken {
  readonly value: string;
  readonly validMs: number;
}

/** Where tokens come from. Rejects with a ParleyError that holds no secret. */
export type AzureTokenSource = (signal: AbortSignal) => Promise<AzureToken>;

/** The service says ten minutes, and that one may be used for nine. */
const ISSUED_TOKEN_MS = 9 * 60_000;
const COGNITIVE_SERVICES_SCOPE = 'https://cognitiveservices.azure.com/.default';

/**
 * Exchanges the subscription key for a ten-minute token, so that the key itself is in no WebSocket address (the SDK has
 * credentials in the query there), and so that a wrong one is refused with a status that can be told.
 */
export function keyExchange(issueTokenUrl: string, key: string): AzureTokenSource {
  return async (signal) => {
    let response: Response;
    try {
      response = await fetch(issueTokenUrl, {
        method: 'POST',
        headers: { 'Ocp-Apim-Subscription-Key': key, 'Content-Type': 'application/x-www-form-urlencoded' },
        body: '',
        redirect: 'error',
        signal,
      });
    } catch {
      signal.throwIfAborted();
      throw new ParleyError('unauthorized', 'Azure Speech: the token service cannot be reached', true);
    }
    const body = await response.text();
    if (response.ok && body !== '') return { value: body, validMs: ISSUED_TOKEN_MS };
    const retryable = response.status === 429 || response.status >= 500;
    throw new ParleyError('unauthorized', `Azure Speech: no token, status ${response.status}`, retryable);
  };
}

/** Tokens of Microsoft Entra ID, in the form the speech service wants them: bound to the resource. */
export function entraTokens(credential: TokenCredential, resourceId: string, now: () => number): AzureTokenSource {
  return async (signal) => {
    try {
      const token = await credential.getToken(COGNITIVE_SERVICES_SCOPE, { abortSignal: signal });
      if (token)
        return { value: `aad#${resourceId}#${token.token}`, validMs: Math.max(0, token.expiresOnTimestamp - now()) };
    } catch {
      signal.throwIfAborted();
    }
    throw new ParleyError('unauthorized', 'Azure Speech: Entra ID gave no token', true);
  };
}
