import { describe, expect, it } from '@jest/globals';
import { distance } from './distance.js';
import { unknownNames } from './unknown-names.js';

const said = (env: NodeJS.ProcessEnv, asked: readonly string[] = []): string[] =>
  unknownNames(env, new Set(asked)).map(({ says }) => says);

describe('a variable that nothing reads', () => {
  it.each([
    ['REDIS_ULR', 'REDIS_URL'],
    ['LLM_MODEL', 'LLM_MODELS'],
    ['MAX_CONECTIONS', 'MAX_CONNECTIONS'],
    ['AUTH_TOKEN', 'AUTH_TOKENS'],
    ['AZURE_OPENAI_KEY', undefined],
    ['redis_url', 'REDIS_URL'],
    ['DEFAULT_SCENARIOS', 'DEFAULT_SCENARIO'],
  ])('and is named nearly like a setting: %s', (name, meant) => {
    expect(said({ [name]: 'x' })).toEqual([
      meant ? `${name} is no setting: did you mean ${meant}?` : `${name} is no setting, and no file refers to it`,
    ]);
  });

  it('and begins like one of ours is named, unless a file refers to it', () => {
    const env = { MCP_CARDAPI_TOKEN: 'x' };
    expect(said(env)).toEqual(['MCP_CARDAPI_TOKEN is no setting, and no file refers to it']);
    expect(said(env, ['MCP_CARDAPI_TOKEN'])).toEqual([]);
  });

  it('and belongs to somebody else is nobody’s business', () => {
    const names =
      'PATH HOME HOSTNAME PWD OLDPWD SHELL SHLVL USER LOGNAME LANG LANGUAGE LC_ALL TERM TZ MAIL EDITOR DISPLAY POST _ ' +
      'NODE NODE_OPTIONS NODE_VERSION NODE_PATH NODE_EXTRA_CA_CERTS YARN_VERSION npm_config_registry npm_lifecycle_event INIT_CWD ' +
      'COLOR CI GITHUB_ACTIONS SSH_AUTH_SOCK XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS SESSION_MANAGER LISTEN_PID LISTEN_FDS ' +
      'HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy no_proxy AZURE_CLIENT_ID AZURE_TENANT_ID AZURE_CLIENT_SECRET ' +
      'AZURE_FEDERATED_TOKEN_FILE AZURE_AUTHORITY_HOST AZURE_STORAGE_KEY AZURE_CONFIG_DIR OPENAI_ORG_ID OPENAI_API_BASE ' +
      'OTEL_LOGS_EXPORTER OTEL_EXPORTER_OTLP_PROTOCOL OTEL_PROPAGATORS MALLOC_ARENA_MAX UV_THREADPOOL_SIZE ' +
      'HAPROXY_PATH OPENSSL_PATH REDIS_SERVER_PATH PARLEY_CONFIG PARLEY_TOKEN PARLEY_TESTS PARLEY_HELM PARLEY_FUZZ_SEED';
    expect(said(Object.fromEntries(names.split(' ').map((name) => [name, 'x'])))).toEqual([]);
  });

  it('and comes from a service of the cluster that is named like us is not ours either', () => {
    const env = {
      KUBERNETES_SERVICE_HOST: '10.0.0.1',
      PARLEY_VOICE_SERVICE_HOST: '10.0.0.2',
      PARLEY_VOICE_SERVICE_PORT_HTTP: '8000',
      PARLEY_VOICE_PORT: 'tcp://10.0.0.2:8000',
      PARLEY_VOICE_PORT_8000_TCP_ADDR: '10.0.0.2',
      REDIS_PORT: 'tcp://10.0.0.3:6379',
      PARLEY_ROEL: 'voice',
    };
    expect(said(env)).toEqual(['PARLEY_ROEL is no setting: did you mean PARLEY_ROLE?']);
  });
});

describe('the distance of two words', () => {
  it.each([
    ['', '', 0],
    ['', 'ab', 2],
    ['ab', 'ab', 0],
    ['ULR', 'URL', 1],
    ['MODEL', 'MODELS', 1],
    ['colour', 'color', 1],
    ['kitten', 'sitting', 3],
  ])('%j and %j is %d', (a, b, letters) => {
    expect(distance(a, b)).toBe(letters);
    expect(distance(b, a)).toBe(letters);
  });
});
