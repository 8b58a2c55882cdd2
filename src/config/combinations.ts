import { AcsConfig } from './acs.config.js';
import { ArchiveConfig } from './archive.config.js';
import { ConversationsConfig } from './conversations.config.js';
import { AuthConfig } from './auth.config.js';
import { speechProblems } from './speech-combinations.js';
import { AzureOpenAiConfig } from './azure-openai.config.js';
import { modelProblems } from './llm-models.js';
import { LlmConfig } from './llm.config.js';
import { OpenAiConfig } from './openai.config.js';
import { PusherConfig } from './pusher.config.js';
import { RedisConfig } from './redis.config.js';
import { ScriptedConfig } from './scripted.config.js';
import { ServerConfig } from './server.config.js';
import type { ConfigClass } from './setting.js';
import { TelemetryConfig } from './telemetry.config.js';

const MIN_TOKEN_LENGTH = 16;

/** What is wrong with settings that are each allowed, but not together. Those that are not valid at all may be missing. */
export function combinationProblems(values: ReadonlyMap<ConfigClass, object>): string[] {
  return [
    ...credentialProblems(
      values.get(ServerConfig) as Partial<ServerConfig>,
      values.get(AuthConfig) as Partial<AuthConfig>,
    ),
    ...sharingProblems(values.get(RedisConfig) as Partial<RedisConfig>),
    ...modelProblems(
      values.get(LlmConfig) as Partial<LlmConfig>,
      values.get(AzureOpenAiConfig) as Partial<AzureOpenAiConfig>,
      values.get(OpenAiConfig) as Partial<OpenAiConfig>,
    ),
    ...acsProblems(values.get(ServerConfig) as Partial<ServerConfig>, values.get(AcsConfig) as Partial<AcsConfig>),
    ...conversationProblems(values.get(ConversationsConfig) as Partial<ConversationsConfig>),
    ...archiveProblems(values.get(ArchiveConfig) as Partial<ArchiveConfig>),
    ...pusherProblems(
      values.get(ServerConfig) as Partial<ServerConfig>,
      values.get(PusherConfig) as Partial<PusherConfig>,
    ),
    ...telemetryProblems(values.get(TelemetryConfig) as Partial<TelemetryConfig>),
    ...speechProblems(values),
    ...rateProblems(values.get(ScriptedConfig) as Partial<ScriptedConfig>),
  ];
}

/** In production nobody gets in without a credential, and none that can be guessed. */
function credentialProblems(server: Partial<ServerConfig>, auth: Partial<AuthConfig>): string[] {
  const { tokens = [], keysFile, oidcIssuer, oidcAudience } = auth;
  const problems: string[] = [];
  if (oidcIssuer && oidcAudience?.length === 0)
    problems.push('OIDC_AUDIENCE: is not set, but is needed with OIDC_ISSUER: who else a token is for must not matter');
  if (server.environment !== 'production') return problems;
  for (const [name, url] of [
    ['OIDC_ISSUER', oidcIssuer],
    ['OIDC_JWKS_URL', auth.oidcJwksUrl],
  ] as const) {
    if (url && !/^https:|^http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/.test(url))
      problems.push(
        `${name}: was given "${url}", but in production (NODE_ENV) only https:// is allowed: keys come from there`,
      );
  }
  if (auth.tokens && auth.tokens.length === 0 && !keysFile && !oidcIssuer) {
    problems.push(
      'AUTH_TOKENS, API_KEYS_FILE, OIDC_ISSUER: none is set, but in production (NODE_ENV) at least one is needed: nobody gets in without a credential',
    );
  }
  if (tokens.some((token) => token.length < MIN_TOKEN_LENGTH)) {
    problems.push(
      `AUTH_TOKENS: was given (a secret) with a token that is too short; in production (NODE_ENV) each must have at least ${MIN_TOKEN_LENGTH} characters`,
    );
  }
  return problems;
}

/** Whoever can make us answer calls, or speak in them, must be known; and calls are transferred to known places only. */
function acsProblems({ environment }: Partial<ServerConfig>, acs: Partial<AcsConfig>): string[] {
  const problems: string[] = [];
  if (acs.connectionString && acs.endpoint)
    problems.push('ACS_CONNECTION_STRING, ACS_ENDPOINT: both are set, but they exclude each other');
  if (acs.connectionString && !/^endpoint=https?:\/\/[^;\s]+;accesskey=[^;\s]+;?$/i.test(acs.connectionString))
    problems.push(
      'ACS_CONNECTION_STRING: was given (a secret), but allowed is endpoint=https://….communication.azure.com/;accesskey=…',
    );
  const wrong = acs.transferTargets?.filter((target) => !/^[\w-]+=(\+[1-9]\d{6,14}|8:acs:[\w-]+)$/.test(target)) ?? [];
  if (wrong.length > 0)
    problems.push(`ACS_TRANSFER_TARGETS: was given "${wrong.join(', ')}", but allowed is name=+number or name=8:acs:…`);
  if (environment !== 'production' || (!acs.connectionString && !acs.endpoint)) return problems;
  if (!acs.resourceId)
    problems.push('ACS_RESOURCE_ID: is not set, but in production (NODE_ENV) callers back must be known');
  if ((acs.eventSecret?.length ?? 0) < MIN_TOKEN_LENGTH)
    problems.push(`ACS_EVENT_SECRET: in production (NODE_ENV) at least ${MIN_TOKEN_LENGTH} characters are needed`);
  return problems;
}

function conversationProblems({ store, cosmosEndpoint }: Partial<ConversationsConfig>): string[] {
  if (store !== 'cosmos' || cosmosEndpoint !== '') return [];
  return ['COSMOS_ENDPOINT: is not set, but is needed with CONVERSATION_STORE=cosmos'];
}

function archiveProblems({ driver, blobConnectionString, blobEndpoint }: Partial<ArchiveConfig>): string[] {
  if (driver !== 'blob' || blobConnectionString === undefined || blobEndpoint === undefined) return [];
  const names = 'AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_BLOB_ENDPOINT';
  if (blobConnectionString && blobEndpoint) return [`${names}: both are set, but they exclude each other`];
  if (!blobConnectionString && !blobEndpoint) return [`${names}: one is needed with AUDIO_ARCHIVE=blob`];
  return blobConnectionString === '' || isStorageAccount(blobConnectionString)
    ? []
    : [
        'AZURE_STORAGE_CONNECTION_STRING: was given (a secret), but allowed is DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=… (or BlobEndpoint=…), or BlobEndpoint=…;SharedAccessSignature=…',
      ];
}

function isStorageAccount(connectionString: string): boolean {
  if (/^UseDevelopmentStorage=true;?$/i.test(connectionString)) return true;
  const parts = connectionString.split(';').filter(Boolean);
  if (parts.some((part) => !/^\w+=\S+$/.test(part))) return false;
  const names = new Set(parts.map((part) => part.slice(0, part.indexOf('=')).toLowerCase()));
  const where = names.has('blobendpoint') || (names.has('endpointsuffix') && names.has('accountname'));
  // Without the protocol the vendor's SDK takes it for one with a signature.
  const byKey = ['defaultendpointsprotocol', 'accountname', 'accountkey'].every((name) => names.has(name));
  return where && (names.has('sharedaccesssignature') || byKey);
}

/** A secret that each process makes up for itself opens no door between two of them. */
function pusherProblems({ role }: Partial<ServerConfig>, { url, secret }: Partial<PusherConfig>): string[] {
  const problems: string[] = [];
  if (role === 'voice' && url === '')
    problems.push('PUSHER_URL: is not set, but is needed with PARLEY_ROLE=voice, which is not its own pusher');
  if (secret === '' && (url || role === 'pusher'))
    problems.push(`PUSHER_SECRET: is not set, but is needed with ${url ? 'PUSHER_URL' : 'PARLEY_ROLE=pusher'}`);
  return problems;
}

/** Replicas that share nothing cannot count together. */
function sharingProblems({ url, maxSessions }: Partial<RedisConfig>): string[] {
  if (url !== '' || !maxSessions) return [];
  return [
    `MAX_SESSIONS_CLUSTER: was given ${maxSessions}, but is of no use without REDIS_URL, where replicas count together`,
  ];
}

function telemetryProblems({ metricsExporter = [], tracesExporter, otlpEndpoint }: Partial<TelemetryConfig>): string[] {
  const problems: string[] = [];
  if (metricsExporter.length > 1 && metricsExporter.includes('none'))
    problems.push(`OTEL_METRICS_EXPORTER: was given "${metricsExporter.join(',')}", but none stands alone`);
  if (otlpEndpoint === '' && (tracesExporter === 'otlp' || metricsExporter.includes('otlp')))
    problems.push('OTEL_EXPORTER_OTLP_ENDPOINT: is empty, but is needed where something is sent to it');
  return problems;
}

/** The faults of one scripted provider exclude each other: each request has one at most. */
function rateProblems(scripted: Partial<ScriptedConfig>): string[] {
  const providers = [
    ['sttFailureRate', 'sttStallRate', 'sttWrongRate', 'sttLateRate'],
    ['llmFailureRate', 'llmStallRate', 'llmWrongRate'],
    ['ttsFailureRate', 'ttsStallRate', 'ttsWrongRate'],
    ['vadFailureRate', 'vadStallRate'],
  ] as const;
  return providers.flatMap((keys) => {
    const sum = keys.reduce((total, key) => total + (scripted[key] ?? 0), 0);
    if (sum <= 1 + 1e-9) return [];
    const names = keys.map((key) => ScriptedConfig.settings[key].env);
    return [`${names.join(', ')}: add up to ${Number(sum.toFixed(6))}, but allowed is at most 1`];
  });
}
