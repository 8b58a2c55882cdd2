import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SystemClock } from '../../kernel/clock.js';
import { type Diagnosis, diagnose } from './diagnose.js';
import { reportOf } from './report.js';

/** In the form that it must have. */
const RESOURCE = { ACS_CONNECTION_STRING: 'endpoint=http://127.0.0.1:9;accesskey=a2V5' };
const PRODUCTION = { NODE_ENV: 'production' };
const SAFE = { ...PRODUCTION, AUTH_TOKENS: 'a-token-that-nobody-guesses' };
const CALLS_IN_PRODUCTION = { ...SAFE, ...RESOURCE, ACS_RESOURCE_ID: '', ACS_EVENT_SECRET: 'brief' };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parley-report-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function diagnosisOf(changes: NodeJS.ProcessEnv): Promise<Diagnosis> {
  const scripted = { STT_SERVICE_MODELS: 'scripted', TTS_SERVICE_MODELS: 'scripted', SCRIPTED_TTS_WORD_MS: '50' };
  const own = { HOST: '127.0.0.1', PORT: '0', METRICS_PORT: '0', DATA_DIR: folder, LLM_MODELS: 'embedded' };
  return diagnose({ ...own, ...scripted, ...changes }, new SystemClock());
}

describe('the doctor gives a whole report', () => {
  it.each<[wrong: string, env: NodeJS.ProcessEnv, names?: string]>([
    ['AUTH_TOKENS, API_KEYS_FILE, OIDC_ISSUER', PRODUCTION],
    ['AUTH_TOKENS, API_KEYS_FILE, OIDC_ISSUER', { ...PRODUCTION, PARLEY_ROLE: 'pusher', PUSHER_SECRET: 'between-us' }],
    ['AUTH_TOKENS, API_KEYS_FILE, OIDC_ISSUER', { ...PRODUCTION, PORT: 'abc' }],
    ['AUTH_TOKENS', { ...PRODUCTION, AUTH_TOKENS: 'short' }],
    ['OIDC_AUDIENCE', { OIDC_ISSUER: 'http://127.0.0.1:9' }],
    ['OIDC_ISSUER', { ...SAFE, OIDC_ISSUER: 'http://issuer.invalid', OIDC_AUDIENCE: 'us' }],
    ['OIDC_JWKS_URL', { ...SAFE, OIDC_JWKS_URL: 'http://issuer.invalid' }],
    ['MAX_SESSIONS_CLUSTER', { MAX_SESSIONS_CLUSTER: '10' }],
    ['LLM_MODELS', { LLM_MODELS: ',' }],
    ['LLM_MODELS', { LLM_MODELS: 'embedded,embedded' }],
    ['LLM_MODELS', { LLM_MODELS: 'nobody' }],
    ['AZURE_OPENAI_ENDPOINT', { LLM_MODELS: 'azure:one', AZURE_OPENAI_API_KEY: 'key-of-ours' }],
    ['AZURE_OPENAI_API_KEY', { LLM_MODELS: 'azure:one', AZURE_OPENAI_ENDPOINT: 'http://127.0.0.1:9' }],
    ['OPENAI_API_KEY', { LLM_MODELS: 'openai:one', OPENAI_BASE_URL: 'http://api.openai.com/v1' }],
    ['ACS_CONNECTION_STRING, ACS_ENDPOINT', { ...RESOURCE, ACS_ENDPOINT: 'http://127.0.0.1:9' }],
    ['ACS_CONNECTION_STRING', { ACS_CONNECTION_STRING: 'nonsense' }],
    ['ACS_TRANSFER_TARGETS', { ACS_TRANSFER_TARGETS: 'desk=nowhere' }],
    ['ACS_RESOURCE_ID', CALLS_IN_PRODUCTION],
    ['ACS_EVENT_SECRET', CALLS_IN_PRODUCTION],
    ['COSMOS_ENDPOINT', { CONVERSATION_STORE: 'cosmos' }],
    ['AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_BLOB_ENDPOINT', { AUDIO_ARCHIVE: 'blob' }],
    ['AZURE_STORAGE_CONNECTION_STRING', { AUDIO_ARCHIVE: 'blob', AZURE_STORAGE_CONNECTION_STRING: 'nonsense' }],
    ['PUSHER_URL', { PARLEY_ROLE: 'voice', PUSHER_SECRET: 'between-us' }],
    ['PUSHER_SECRET', { PARLEY_ROLE: 'pusher' }],
    ['PUSHER_SECRET', { PUSHER_URL: 'ws://127.0.0.1:9' }],
    ['OTEL_METRICS_EXPORTER', { OTEL_METRICS_EXPORTER: 'none,prometheus' }],
    ['AZURE_SPEECH_KEY, AZURE_SPEECH_RESOURCE_ID', { STT_SERVICE_MODELS: 'azure' }],
    ['AZURE_SPEECH_REGION, AZURE_SPEECH_ENDPOINT', { TTS_SERVICE_MODELS: 'azure' }],
    ['AZURE_SPEECH_ENDPOINT', { STT_SERVICE_MODELS: 'azure', AZURE_SPEECH_RESOURCE_ID: '/us' }],
    ['AZURE_SPEECH_LANGUAGES', { AZURE_SPEECH_LANGUAGES: 'de-DE,fr-FR,it-IT,es-ES,nl-NL' }],
    ['DEEPGRAM_API_KEY', { STT_SERVICE_MODELS: 'deepgram' }],
    ['SHERPA_MODELS_DIR', { STT_SERVICE_MODELS: 'sherpa' }],
    ['SHERPA_MODELS_DIR', { SPEAKER_ID: 'sherpa' }],
    ['SPEAKER_EMBEDDER_URL', { SPEAKER_ID: 'http' }],
    ['SCRIPTED_STT_FAILURE_RATE', { SCRIPTED_STT_FAILURE_RATE: '0.7', SCRIPTED_STT_STALL_RATE: '0.7' }],
  ])('of %s, with %j', async (wrong, env) => {
    const diagnosis = await diagnosisOf(env);
    const [configuration, ...rest] = diagnosis.examined;
    const told = configuration!.findings.filter(({ verdict }) => verdict === 'problem');
    expect(told.map(({ settings = [] }) => settings.join(', ')).join(' and ')).toContain(wrong);
    // Whatever else there is to look at has been looked at, or it is said why not.
    expect(rest.map(({ about }) => about)).toEqual(expect.arrayContaining(['machine', 'disk']));
    expect(rest.length).toBeGreaterThan(5);
    expect(told).toHaveLength(diagnosis.problems);
  });

  it('says in production without a credential what is missing, and nothing of files that nobody has named', async () => {
    const diagnosis = await diagnosisOf(PRODUCTION);
    expect(diagnosis.problems).toBe(1);
    const report = reportOf(diagnosis);
    expect(report).toContain('PROBLEM  AUTH_TOKENS, API_KEYS_FILE, OIDC_ISSUER: none is set, but in production');
    expect(report).toMatch(/token issuer +skipped +OIDC_ISSUER is not set/);
    expect(report).not.toContain('not valid');
  });

  it.each<[name: string, value: string, words: string]>([
    ['AUTH_TOKENS', 'short', 'AUTH_TOKENS: was given (a secret) with a token that is too short; in production'],
    ['AUTH_TOKENS', 'credential', 'AUTH_TOKENS: was given (a secret) with a token that is too short; in production'],
    ['REDIS_URL', 'redis:swordfish@example', 'but allowed is redis://[user:password@]host[:port]'],
    ['PUSHER_SECRET', 'released', 'model embedded     ok       it follows the rules'],
  ])('in which no word is missing that %s=%s happens to be', async (name, value, words) => {
    const diagnosis = await diagnosisOf({ ...PRODUCTION, [name]: value });
    const report = reportOf(diagnosis);
    expect(report.replace(/ +/g, ' ')).toContain(words.replace(/ +/g, ' '));
    expect(report).not.toContain('***');
    expect(report).not.toContain('swordfish');
  });
});
