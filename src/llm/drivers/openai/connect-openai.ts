import OpenAI, { AzureOpenAI, type ClientOptions } from 'openai';
import { Agent, fetch as fetchWith } from 'undici';
import type { Clock } from '../../../kernel/clock.js';
import { withTraceHeaders } from '../../../kernel/live-span.js';
import { OpenAiLlmClient, type OpenAiModelOptions } from './openai-llm.client.js';

export interface ConnectionOptions {
  /** For the TCP and TLS handshakes, ms. */
  readonly connectMs: number;
  /** For a whole answer, ms; the shorter deadlines are watched elsewhere. */
  readonly totalMs: number;
}

export interface AzureAccess {
  /** Without a path: `https://<resource>.openai.azure.com`. */
  readonly endpoint: string;
  readonly apiVersion: string;
  readonly credential: { readonly key: string } | { readonly token: () => Promise<string> };
}

export interface OpenAiAccess {
  /** With the path, usually `/v1`. */
  readonly baseUrl: string;
  /** Empty for a server that wants none. */
  readonly apiKey: string;
}

type SharedOptions = Pick<
  ClientOptions,
  | 'fetch'
  | 'fetchOptions'
  | 'timeout'
  | 'maxRetries'
  | 'logLevel'
  | 'organization'
  | 'project'
  | 'adminAPIKey'
  | 'webhookSecret'
>;
type Model = Omit<OpenAiModelOptions, 'maxTokensParameter'>;

/** Callers pause between turns for longer than the 4 s after which connections are usually closed. */
const KEEP_ALIVE_MS = 60_000;
const OPENAI_HOST = 'api.openai.com';

export function connectAzure(
  model: Model,
  access: AzureAccess,
  connection: ConnectionOptions,
  clock: Clock,
): OpenAiLlmClient {
  const { options, disconnect } = connectionOptions(connection);
  const { credential } = access;
  const sdk = new AzureOpenAI({
    ...options,
    // As a base URL, because the SDK would read OPENAI_BASE_URL otherwise, which is for others.
    baseURL: `${access.endpoint.replace(/\/+$/, '')}/openai`,
    apiVersion: access.apiVersion,
    deployment: model.model,
    // Empty, not left out: a key in the environment is not to be found by the SDK.
    ...('key' in credential ? { apiKey: credential.key } : { apiKey: '', azureADTokenProvider: credential.token }),
  });
  return new OpenAiLlmClient(sdk, { ...model, maxTokensParameter: 'max_completion_tokens' }, clock, disconnect);
}

export function connectOpenAi(
  model: Model,
  access: OpenAiAccess,
  connection: ConnectionOptions,
  clock: Clock,
): OpenAiLlmClient {
  const { options, disconnect } = connectionOptions(connection);
  const sdk = new OpenAI({
    ...options,
    baseURL: access.baseUrl,
    // The SDK insists on one.
    apiKey: access.apiKey || 'none',
    ...(access.apiKey === '' && { defaultHeaders: { authorization: null } }),
  });
  const isOpenAi = URL.parse(access.baseUrl)?.hostname === OPENAI_HOST;
  const maxTokensParameter = isOpenAi ? 'max_completion_tokens' : 'max_tokens';
  return new OpenAiLlmClient(sdk, { ...model, maxTokensParameter }, clock, disconnect);
}

/** Whatever the SDK would else read from the environment or decide by itself. */
function connectionOptions({ connectMs, totalMs }: ConnectionOptions): {
  options: SharedOptions;
  disconnect: () => Promise<void>;
} {
  const agent = new Agent({
    connect: { timeout: connectMs },
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const options: SharedOptions = {
    // Of the same package as the agent: Node's own fetch may be of another version.
    fetch: withTraceHeaders(fetchWith) as unknown as NonNullable<ClientOptions['fetch']>,
    fetchOptions: dispatchedBy(agent),
    timeout: totalMs,
    maxRetries: 0,
    logLevel: 'off',
    organization: null,
    project: null,
    adminAPIKey: null,
    webhookSecret: null,
  };
  return { options, disconnect: () => agent.destroy() };
}

/** Its type names the agent of Node's own version. */
function dispatchedBy(dispatcher: Agent): object {
  return { dispatcher };
}
