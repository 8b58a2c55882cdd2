import { ScriptedConfig } from './scripted.config.js';
import { ServerConfig } from './server.config.js';
import type { ConfigClass } from './setting.js';

const MIN_TOKEN_LENGTH = 16;

/** What is wrong with settings that are each allowed, but not together. Those that are not valid at all may be missing. */
export function combinationProblems(values: ReadonlyMap<ConfigClass, object>): string[] {
  return [
    ...tokenProblems(values.get(ServerConfig) as Partial<ServerConfig>),
    ...rateProblems(values.get(ScriptedConfig) as Partial<ScriptedConfig>),
  ];
}

function tokenProblems({ environment, authTokens }: Partial<ServerConfig>): string[] {
  if (environment !== 'production' || !authTokens) return [];
  if (authTokens.length === 0) {
    return [
      'AUTH_TOKENS: is not set, but in production (NODE_ENV) at least one token is needed: nobody gets in without one',
    ];
  }
  if (authTokens.every((token) => token.length >= MIN_TOKEN_LENGTH)) return [];
  return [
    `AUTH_TOKENS: was given (a secret) with a token that is too short; in production (NODE_ENV) each must have at least ${MIN_TOKEN_LENGTH} characters`,
  ];
}

/** The faults of one scripted provider exclude each other: each request has one at most. */
function rateProblems(scripted: Partial<ScriptedConfig>): string[] {
  const providers = [
    ['sttFailureRate', 'sttStallRate', 'sttWrongRate'],
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
