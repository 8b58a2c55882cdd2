import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigError, loadConfig } from './load.js';
import { ServerConfig } from './server.config.js';
import { VoiceConfig } from './voice.config.js';

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    return (error as ConfigError).problems;
  }
}

describe('loadConfig', () => {
  it('takes defaults from the file and lets the environment win', () => {
    const config = loadConfig({ MAX_CONNECTIONS: '25' });
    const voice = config.values.get(VoiceConfig) as VoiceConfig;
    expect(voice.maxConnections).toBe(25);
    expect(voice.acquireTimeoutMs).toBe(5000);
    expect(config.settings.find(({ setting }) => setting.env === 'MAX_CONNECTIONS')?.origin).toBe('environment');
  });

  it('has a default, or none by intent, for every setting', () => {
    const unset = loadConfig({}).settings.filter(({ origin }) => origin === 'unset');
    expect(unset.map(({ setting }) => setting.env)).toEqual([]);
  });

  it('does not take rates of one provider that are more than 1 together', () => {
    const env = { SCRIPTED_LLM_FAILURE_RATE: '0.9', SCRIPTED_LLM_STALL_RATE: '0.3', SCRIPTED_STT_WRONG_RATE: '1' };
    expect(problemsOf({ ...env, PORT: 'eighty' })).toEqual([
      'PORT: was given "eighty" (from environment), but allowed is a whole number from 0 to 65535',
      'SCRIPTED_LLM_FAILURE_RATE, SCRIPTED_LLM_STALL_RATE, SCRIPTED_LLM_WRONG_RATE: add up to 1.2, but allowed is at most 1',
    ]);
  });

  it('lists all that is wrong, each with its name, what was given and what is allowed', () => {
    expect(problemsOf({ PORT: 'eighty', VAD: 'loud', MAX_CONNECTIONS: '0', PUBLIC_URL: 'voice.example.com' })).toEqual([
      'PORT: was given "eighty" (from environment), but allowed is a whole number from 0 to 65535',
      'PUBLIC_URL: was given "voice.example.com" (from environment), but allowed is an address with http:// or https://',
      'MAX_CONNECTIONS: was given "0" (from environment), but allowed is a whole number from 1 to 10000',
      'VAD: was given "loud" (from environment), but allowed is one of silero, energy, scripted',
    ]);
  });

  it('does not start in production without a source of credentials', () => {
    expect(problemsOf({ NODE_ENV: 'production' })).toEqual([
      expect.stringContaining('AUTH_TOKENS, API_KEYS_FILE, OIDC_ISSUER'),
    ]);
    for (const source of [
      { AUTH_TOKENS: 'a-long-enough-token' },
      { API_KEYS_FILE: '/etc/parley/keys.yaml' },
      { OIDC_ISSUER: 'https://login.example.com', OIDC_AUDIENCE: 'parley' },
    ])
      expect(problemsOf({ NODE_ENV: 'production', ...source })).toEqual([]);
  });

  it('does not take tokens of an issuer that are meant for anybody', () => {
    expect(problemsOf({ OIDC_ISSUER: 'https://login.example.com' })).toEqual([
      expect.stringMatching(/^OIDC_AUDIENCE: /),
    ]);
  });

  it.each<[NodeJS.ProcessEnv, RegExp]>([
    [{ ACS_CONNECTION_STRING: 'accesskey=c2VjcmV0' }, /^ACS_CONNECTION_STRING: .* allowed is endpoint=/],
    [{ ACS_CONNECTION_STRING: 'endpoint=https://x.com/;accesskeyy=c2VjcmV0' }, /^ACS_CONNECTION_STRING: /],
    [{ ACS_TRANSFER_TARGETS: 'nowhere' }, /^ACS_TRANSFER_TARGETS: was given "nowhere"/],
    [
      { AUDIO_ARCHIVE: 'blob', AZURE_STORAGE_CONNECTION_STRING: 'AccountName=a;AccountKey=c2VjcmV0' },
      /^AZURE_STORAGE_CONNECTION_STRING: .*EndpointSuffix/,
    ],
    [{ AUDIO_ARCHIVE: 'blob', AZURE_STORAGE_CONNECTION_STRING: 'rubbish c2VjcmV0' }, /^AZURE_STORAGE_CONNECTION_/],
    [
      { NODE_ENV: 'production', OIDC_ISSUER: 'http://login.example.com', OIDC_AUDIENCE: 'parley' },
      /^OIDC_ISSUER: .* only https:/,
    ],
  ])('says what is wrong with %j, but no secret', (env, problem) => {
    const problems = problemsOf(env);
    expect(problems).toEqual([expect.stringMatching(problem)]);
    expect(problems[0]).not.toContain('c2VjcmV0');
  });

  it.each([
    'UseDevelopmentStorage=true',
    'DefaultEndpointsProtocol=https;AccountName=a;AccountKey=c2VjcmV0==;EndpointSuffix=core.windows.net',
    'DefaultEndpointsProtocol=http;BlobEndpoint=http://127.0.0.1:10000/a;AccountName=a;AccountKey=c2VjcmV0;',
    'BlobEndpoint=https://a.blob.core.windows.net/;SharedAccessSignature=sv=2024&sig=x%3D',
  ])('takes the connection string %s', (connectionString) => {
    expect(problemsOf({ AUDIO_ARCHIVE: 'blob', AZURE_STORAGE_CONNECTION_STRING: connectionString })).toEqual([]);
  });

  it.each([
    ['true', true],
    ['no', false],
    ['10.244.0.0/16, 2001:db8::/48,192.0.2.7', ['10.244.0.0/16', '2001:db8::/48', '192.0.2.7']],
  ])('takes TRUST_PROXY=%s', (given, trustProxy) => {
    expect(loadConfig({ TRUST_PROXY: given }).values.get(ServerConfig)).toMatchObject({ trustProxy });
  });

  it.each(['ingress', '10.244.0.0/33', '2001:db8::/129', '10.0.0.0/8/8', '10.244.0.0/', ',', 'true, 10.0.0.0/8'])(
    'refuses TRUST_PROXY=%s',
    (given) => {
      expect(problemsOf({ TRUST_PROXY: given })).toEqual([expect.stringMatching(/^TRUST_PROXY: .*10\.244\.0\.0\/16/)]);
    },
  );

  it('refuses a token in production that can be guessed, without showing it', () => {
    const problems = problemsOf({ NODE_ENV: 'production', AUTH_TOKENS: 'a-long-enough-token,fifteen-letters' });
    expect(problems).toEqual([expect.stringMatching(/^AUTH_TOKENS: .*at least 16 characters$/)]);
    expect(problems[0]).not.toMatch(/fifteen|enough/);
    expect(problemsOf({ AUTH_TOKENS: 'short' })).toEqual([]);
  });

  it('takes an overlay file, and refuses names it does not know', () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'parley-')), 'overlay.yaml');
    writeFileSync(file, 'voice:\n  maxConnections: 3\n');
    expect((loadConfig({ PARLEY_CONFIG: file }).values.get(VoiceConfig) as VoiceConfig).maxConnections).toBe(3);
    writeFileSync(file, 'voice:\n  maxConections: 3\nvoices: {}\n');
    expect(problemsOf({ PARLEY_CONFIG: file })).toEqual([
      expect.stringContaining(`voice.maxConections: unknown setting in ${file};`),
      expect.stringContaining(`voices: unknown section in ${file};`),
    ]);
  });
});
