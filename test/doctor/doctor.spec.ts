import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Area } from '../../src/cli/doctor/areas.js';
import { reportOf } from '../../src/cli/doctor/report.js';
import { describeWithRedis, freePort } from '../support/redis.js';
import { WholeDeployment, faults } from './whole-deployment.js';

const LIMIT_MS = 60_000;
/** Whatever is made up for these tests and must stay between two parties. */
const SECRETS =
  /swordfish|secret-between|nobody-may-see|key-of-|YS1rZXk|Eby8vdM02|token-of-the|event-grid-secret|code-of-the|accesskey|whsec_|secret-of-the-query/;

describeWithRedis('the doctor', () => {
  let deployment: WholeDeployment;
  beforeAll(async () => {
    deployment = await WholeDeployment.start();
  }, LIMIT_MS);
  afterAll(() => deployment.stop());

  it(
    'finds nothing wrong where everything works, and says what it has tried',
    async () => {
      const diagnosis = await deployment.examined();
      // That name is nobody's.
      expect(Object.keys(faults(diagnosis))).toEqual(['certificate voice.invalid:443']);
      expect(diagnosis).toMatchObject({ problems: 0, warnings: 1, notConfigured: [] });
      const report = reportOf(diagnosis);
      for (const seen of [
        /redis +ok +redis:\/\/\*\*\*@127.+ version \d+\.\d+\.\d+: values, scripts and channels work/,
        /model azure:dialogue +ok +first token after \d+ ms/,
        /speaking azure +ok +\d+\.\d s of speech/,
        /hearing azure +ok +it has understood "hello what is my balance"/,
        /hearing deepgram +ok +it has understood "hello what is my balance"/,
        /hearing embedded +ok +it has understood "hello what is my balance"/,
        /conversations +ok +Cosmos DB.+written, read, found and deleted/,
        /recordings +ok +Blob storage.+written, listed and deleted/,
        /voices +ok .+ an embedding of \d+ numbers/,
        /tools desk +ok +connected; it has all 1 tools/,
        /token issuer +ok .+ its public keys were fetched/,
        /acs +ok +Azure Communication Services knows us/,
        /webhook crm +ok +it can be reached \(405/,
        /pusher +ok +it takes our secret/,
        /collector traces +ok +it takes what we send/,
      ])
        expect(report).toMatch(seen);
      expect(JSON.stringify(diagnosis) + report).not.toMatch(SECRETS);
      expect(deployment.receiver.methods).toEqual(['HEAD']);
      expect(deployment.collector.spans).toEqual([]);
    },
    LIMIT_MS,
  );

  interface Wrong {
    readonly what: string;
    readonly change: () => NodeJS.ProcessEnv | Promise<NodeJS.ProcessEnv>;
    readonly mend?: () => void;
    readonly area: Area;
    readonly about: string;
    readonly setting: string | undefined;
    readonly says: RegExp;
    readonly advice: RegExp;
  }

  const nobody = async (scheme: string): Promise<string> => `${scheme}://127.0.0.1:${await freePort()}`;

  const wrongs: Wrong[] = [
    {
      what: 'Redis is not there',
      change: async () => ({ REDIS_URL: await nobody('redis'), REDIS_CONNECT_TIMEOUT_MS: '200' }),
      area: 'redis',
      about: 'redis',
      setting: 'REDIS_URL',
      says: /ECONNREFUSED/,
      advice: /Start Redis/,
    },
    {
      what: 'the password of Redis is wrong',
      change: () => ({ REDIS_URL: deployment.redis.url.replace('swordfish-of-redis', 'swordfish-of-old') }),
      area: 'redis',
      about: 'redis',
      setting: 'REDIS_URL',
      says: /WRONGPASS/,
      advice: /user and password/,
    },
    {
      what: 'what listens there is no Redis',
      change: () => ({ REDIS_URL: deployment.receiver.url.replace(/^http(.*)\/hook.*/, 'redis$1') }),
      area: 'redis',
      about: 'redis',
      setting: 'REDIS_URL',
      says: /^redis:\/\/127\.0\.0\.1:\d+: what listens there is no Redis \(tried /,
      advice: /the port of Redis itself/,
    },
    {
      what: 'there is no folder of agents',
      change: () => ({ AGENTS_DIR: '/nope' }),
      area: 'agents',
      about: 'agents',
      setting: 'AGENTS_DIR',
      says: /^\/nope: there is no such folder$/,
      advice: /one folder for each agent/,
    },
    {
      what: 'there is no such scenario',
      change: () => ({ DEFAULT_SCENARIO: 'nope' }),
      area: 'agents',
      about: 'agents',
      setting: 'DEFAULT_SCENARIO',
      says: /scenarios\/nope\.yaml.* is missing: it is the default scenario \(there are banking/,
      advice: /one that there is/,
    },
    {
      what: 'there are fewer streams than calls',
      change: () => ({ STT_POOL_MAX: '1', MAX_CONNECTIONS: '50' }),
      area: 'pools',
      about: 'pools',
      setting: 'STT_POOL_MAX',
      says: /^1 stream of each service for 50 calls: callers will wait/,
      advice: /STT_POOL_MAX=0/,
    },
    {
      what: 'a name is misspelled',
      change: () => ({ REDIS_ULR: 'redis://localhost', LLM_MODEL: 'embedded' }),
      area: 'pools',
      about: 'configuration',
      setting: 'REDIS_ULR',
      says: /REDIS_ULR is no setting: did you mean REDIS_URL\?,LLM_MODEL is no setting: did you mean LLM_MODELS\?/,
      advice: /Correct the name/,
    },
    {
      what: 'the key of the model is wrong',
      change: () => ({ AZURE_OPENAI_API_KEY: 'key-of-old' }),
      area: 'models',
      about: 'model azure:dialogue',
      setting: 'AZURE_OPENAI_API_KEY',
      says: /HTTP 401/,
      advice: /401 and 403: the key/,
    },
    {
      what: 'there is no such model',
      change: () => ({ LLM_MODELS: 'azure:monologue,embedded' }),
      area: 'models',
      about: 'model azure:monologue',
      setting: 'LLM_MODELS',
      says: /HTTP 404 \(DeploymentNotFound/,
      advice: /no such deployment/,
    },
    {
      what: 'the key of Azure Speech is wrong',
      change: () => ({ AZURE_SPEECH_KEY: 'key-of-old', STT_SERVICE_MODELS: 'azure', TTS_SERVICE_MODELS: 'scripted' }),
      area: 'speech',
      about: 'hearing azure',
      setting: 'AZURE_SPEECH_KEY',
      says: /Azure Speech/,
      advice: /The key is wrong/,
    },
    {
      what: 'the key of Deepgram is wrong',
      change: () => ({
        DEEPGRAM_API_KEY: 'key-of-old',
        STT_SERVICE_MODELS: 'deepgram',
        TTS_SERVICE_MODELS: 'scripted',
      }),
      area: 'speech',
      about: 'hearing deepgram',
      setting: 'DEEPGRAM_API_KEY',
      says: /Deepgram/,
      advice: /Deepgram’s console$/,
    },
    {
      what: 'Deepgram is not there',
      change: async () => ({
        DEEPGRAM_URL: await nobody('ws'),
        STT_SERVICE_MODELS: 'deepgram',
        TTS_SERVICE_MODELS: 'scripted',
      }),
      area: 'speech',
      about: 'hearing deepgram',
      setting: 'DEEPGRAM_URL',
      says: /cannot be reached/,
      advice: /reach it/,
    },
    {
      what: 'Cosmos DB does not allow us',
      change: () => ((deployment.cosmos.fault = 403), {}),
      mend: () => (deployment.cosmos.fault = 'none'),
      area: 'conversations',
      about: 'conversations',
      setting: 'COSMOS_KEY',
      says: /status 403/,
      advice: /Built-in Data Contributor/,
    },
    {
      what: 'the key of Blob storage is wrong',
      change: () => ({ AZURE_STORAGE_CONNECTION_STRING: deployment.blob.connectionString('a2V5LW9mLW9sZA==') }),
      area: 'recordings',
      about: 'recordings',
      setting: 'AZURE_STORAGE_CONNECTION_STRING',
      says: /status 403/,
      advice: /Storage Blob Data Contributor/,
    },
    {
      what: 'Azure Communication Services does not know us',
      change: () => ({
        ACS_CONNECTION_STRING: deployment.acs.settings['ACS_CONNECTION_STRING']!.replace(
          /accesskey=.*/,
          'accesskey=a2V5LW9mLW9sZA==',
        ),
      }),
      area: 'acs',
      about: 'acs',
      setting: 'ACS_CONNECTION_STRING',
      says: /status 401/,
      advice: /The key is wrong/,
    },
    {
      what: 'a tool server lacks a tool',
      change: () => deployment.toolsFile({ tools: ['greet', 'dance'] }),
      area: 'tool-servers',
      about: 'tools desk',
      setting: 'MCP_ENABLED_SERVERS',
      says: /it has no "dance"; it has .*greet/,
      advice: /Correct `tools`/,
    },
    {
      what: 'a tool server does not know us',
      change: () => ((deployment.tools.fault = 401), {}),
      mend: () => (deployment.tools.fault = 'none'),
      area: 'tool-servers',
      about: 'tools desk',
      setting: 'MCP_ENABLED_SERVERS',
      says: /status 401/,
      advice: /Correct `headers`/,
    },
    {
      what: 'a tool server fails, whatever numbers it says',
      change: () => ((deployment.tools.fault = 503), {}),
      mend: () => (deployment.tools.fault = 'none'),
      area: 'tool-servers',
      about: 'tools desk',
      setting: 'MCP_ENABLED_SERVERS',
      says: /status 503/,
      advice: /^Start it, or correct `url`/,
    },
    {
      what: 'a tool server is in a network where it may not be',
      change: () => deployment.toolsFile({ tools: ['greet'], allow_private_network: false }),
      area: 'tool-servers',
      about: 'tools desk',
      setting: 'MCP_ENABLED_SERVERS',
      says: /Refused to connect/,
      advice: /allow_private_network/,
    },
    {
      what: 'the issuer of tokens is down',
      change: () => ((deployment.issuer.fault = 500), {}),
      mend: () => (deployment.issuer.fault = 'none'),
      area: 'token-issuers',
      about: 'token issuer',
      setting: 'OIDC_ISSUER',
      says: /answers 500/,
      advice: /exactly as it stands in `iss`/,
    },
    {
      what: 'a receiver of webhooks sends us elsewhere',
      change: () => (Object.assign(deployment.receiver, { status: 302, location: 'https://elsewhere.invalid/' }), {}),
      mend: () => void Object.assign(deployment.receiver, { status: 405, location: '' }),
      area: 'webhooks',
      about: 'webhook crm',
      setting: 'WEBHOOKS_FILE',
      says: /sends us elsewhere/,
      advice: /Give the address that it sends us to/,
    },
    {
      what: 'a receiver of webhooks is on this machine and must not be',
      change: () =>
        deployment.webhooksFile({
          url: 'https://localhost:8443/hook?code=code-of-the-receiver',
          allow_private_network: false,
        }),
      area: 'webhooks',
      about: 'webhook crm',
      setting: 'WEBHOOKS_FILE',
      says: /Refused to connect: localhost has no public address/,
      advice: /allow_private_network/,
    },
    {
      what: 'the pusher has another secret',
      change: () => ({ PUSHER_SECRET: 'secret-between-two-others' }),
      area: 'pusher',
      about: 'pusher',
      setting: 'PUSHER_SECRET',
      says: /does not take our secret/,
      advice: /the same one/,
    },
    {
      what: 'the collector is not there',
      change: async () => ({ OTEL_EXPORTER_OTLP_ENDPOINT: await nobody('http') }),
      area: 'collector',
      about: 'collector traces',
      setting: 'OTEL_EXPORTER_OTLP_ENDPOINT',
      says: /nobody listens there/,
      advice: /Calls go on/,
    },
    {
      what: 'the service for embeddings does not know us',
      change: () => ({ SPEAKER_EMBEDDER_KEY: 'key-of-old' }),
      area: 'voices',
      about: 'voices',
      setting: 'SPEAKER_EMBEDDER_KEY',
      says: /embedding service/,
      advice: /its key/,
    },
    {
      what: 'nothing can be written to DATA_DIR',
      change: () => ({ DATA_DIR: '/proc/parley/data' }),
      area: 'disk',
      about: 'disk',
      setting: 'DATA_DIR',
      says: /cannot be written to/,
      advice: /Give it a volume/,
    },
    {
      what: 'something else has our port',
      change: () => ({ PORT: new URL(deployment.receiver.url).port }),
      area: 'ports',
      about: 'port',
      setting: 'PORT',
      says: /is taken by something else/,
      advice: /another port/,
    },
  ];

  it.each(wrongs)(
    'says in words that $what',
    async ({ change, mend, area, about, setting, says, advice }) => {
      const diagnosis = await deployment.examined(await change(), [area]);
      mend?.();
      const found = faults(diagnosis)[about] ?? [];
      expect(found.map((finding) => finding.says).join()).toMatch(says);
      expect(found.map((finding) => finding.advice).join()).toMatch(advice);
      expect(found.flatMap(({ settings = [] }) => settings)).toContain(setting);
      expect(reportOf(diagnosis)).not.toMatch(SECRETS);
    },
    LIMIT_MS,
  );

  it(
    'warns of a Redis that forgets, and is content with rights that do not let it look',
    async () => {
      const redis = deployment.redis.look();
      await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
      const forgetful = faults(await deployment.examined({}, ['redis']))['redis'];
      await redis.config('SET', 'maxmemory-policy', 'noeviction');
      expect(forgetful).toMatchObject([{ verdict: 'warning', advice: 'Set maxmemory-policy noeviction' }]);
      // As docs/redis.md has it.
      await redis.call(
        'ACL',
        'SETUSER',
        'parley',
        'on',
        '>swordfish-of-parley',
        '~parley:*',
        '&parley:*',
        '+@all',
        '-@admin',
        '-@dangerous',
      );
      const { port } = deployment.redis;
      const url = `redis://parley:swordfish-of-parley@127.0.0.1:${port}`;
      const limited = await deployment.examined({ REDIS_URL: url }, ['redis']);
      expect(limited.problems).toBe(0);
      expect(faults(limited)['redis']).toMatchObject([
        { verdict: 'warning', says: 'its eviction policy cannot be read with these rights' },
      ]);
      expect(reportOf(limited)).toMatch(/redis +ok .+ version \d+\.\d+\.\d+/);
    },
    LIMIT_MS,
  );

  it('says which settings are not valid, and goes on with what does not need them', async () => {
    const wrong = { PORT: 'many', SPEAKER_EMBEDDER_URL: '', ...deployment.toolsFile({ tools: [] }) };
    const areas = ['disk', 'ports', 'voices', 'tool-servers', 'token-issuers', 'collector'] as const;
    const diagnosis = await deployment.examined(wrong, areas);
    expect(faults(diagnosis)).toMatchObject({
      configuration: [
        { settings: ['PORT'], says: expect.stringContaining('"many"') },
        { settings: ['SPEAKER_EMBEDDER_URL'], says: expect.stringContaining('is not set') },
        { says: expect.stringContaining('must list the tools that agents may use') },
      ],
      ports: [{ verdict: 'skipped', says: 'PORT is not valid' }],
      voices: [{ verdict: 'skipped', says: 'SPEAKER_EMBEDDER_URL is not set' }],
      'tool-servers': [{ verdict: 'skipped', says: 'what it is to read is not valid' }],
    });
    expect(diagnosis).toMatchObject({ problems: 3, warnings: 0 });
    expect(reportOf(diagnosis)).toMatch(/disk +ok [^]+token issuer +ok [^]+collector traces +ok /);
  });

  it('skips the one service whose settings are not valid, and asks the others', async () => {
    const wrong = { DEEPGRAM_API_KEY: '', AZURE_OPENAI_ENDPOINT: 'nowhere', TTS_SERVICE_MODELS: 'scripted' };
    const services = { STT_SERVICE_MODELS: 'deepgram,scripted' };
    const diagnosis = await deployment.examined({ ...wrong, ...services }, ['models', 'speech']);
    expect(faults(diagnosis)).toMatchObject({
      'model azure:dialogue': [{ verdict: 'skipped', says: 'AZURE_OPENAI_ENDPOINT is not valid' }],
      'hearing deepgram': [{ verdict: 'skipped', says: 'DEEPGRAM_API_KEY is not set' }],
    });
    expect(reportOf(diagnosis)).toMatch(/model embedded +ok [^]+speaking scripted +ok [^]+hearing scripted +ok /);
  });

  it('shows neither user nor password of a tool server that has them in its address', async () => {
    const url = deployment.tools.url.replace('http://', 'http://desk:swordfish-of-the-desk@');
    const diagnosis = await deployment.examined(deployment.toolsFile({ tools: ['greet'], url }), ['tool-servers']);
    expect(faults(diagnosis)['configuration']).toMatchObject([
      { says: expect.stringContaining('url: must hold no user and password') },
    ]);
    expect(JSON.stringify(diagnosis)).not.toMatch(SECRETS);
  });
});
