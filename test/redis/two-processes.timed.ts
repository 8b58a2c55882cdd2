import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CallClient } from '../../src/cli/call-client.js';
import { LocalServer } from '../../src/cli/local-server.js';
import { RedisServer, describeWithRedis } from '../support/redis.js';
import { until } from '../support/replicas.js';

const PASSWORD = 'swordfish-of-this-test';

describeWithRedis('two processes with one Redis', () => {
  let redis: RedisServer;
  let data: string;
  let servers: LocalServer[] = [];
  beforeAll(async () => {
    data = await mkdtemp(path.join(tmpdir(), 'parley-replicas-'));
    redis = await RedisServer.start({ password: PASSWORD });
  });
  afterEach(async () => {
    await Promise.all(servers.map((server) => server.stop('SIGKILL')));
    servers = [];
    await redis.restart();
  });
  afterAll(async () => {
    await redis.stop();
    await rm(data, { recursive: true, force: true });
  });

  async function startTwo(env: NodeJS.ProcessEnv = {}): Promise<readonly [LocalServer, LocalServer]> {
    const start = async (): Promise<LocalServer> => {
      const server = await LocalServer.start({
        // Replicas share no disk.
        DATA_DIR: await mkdtemp(path.join(data, 'replica-')),
        REDIS_URL: redis.url,
        REDIS_LEASE_MS: '1500',
        MAX_SESSIONS_CLUSTER: '2',
        SESSION_ACQUIRE_TIMEOUT_MS: '0',
        STT_SERVICE_MODELS: 'scripted',
        TTS_SERVICE_MODELS: 'scripted',
        LLM_MODELS: 'scripted',
        VAD: 'energy',
        LOG_LEVEL: 'trace',
        DRAIN_LIMIT_MS: '0',
        ...env,
      });
      servers.push(server);
      return server;
    };
    return await Promise.all([start(), start()]);
  }
  const dial = ({ url }: LocalServer): Promise<CallClient> =>
    CallClient.connect({ url, sampleRate: 8000, encoding: 'pcm16' });
  async function sessions({ url }: LocalServer): Promise<{ session_id: string; replica: string }[]> {
    const response = await fetch(`${url}/api/v1/sessions`);
    return ((await response.json()) as { sessions: { session_id: string; replica: string }[] }).sessions;
  }
  const sees = (server: LocalServer, count: number): Promise<void> =>
    until(`${count} sessions`, async () => (await sessions(server)).length === count);

  it('share their slots; what one held that is killed is free when its lease is over', async () => {
    const [a, b] = await startTwo();
    const calls = [await dial(a), await dial(a)];
    await sees(b, 2);
    await expect(dial(b)).rejects.toThrow('at capacity');
    const cut = Promise.all(calls.map((call) => new Promise((resolve) => call.once('closed', resolve))));
    servers = [b];
    await a.stop('SIGKILL');
    await cut;
    // They are somebody else's until the lease is over.
    await expect(dial(b)).rejects.toThrow('at capacity');
    await sees(b, 0);
    let taken: CallClient | undefined;
    await until('a slot', async () => (taken = await dial(b).catch(() => undefined)) !== undefined);
    const second = await dial(b);
    await expect(dial(b)).rejects.toThrow('at capacity');
    await sees(b, 2);
    await until('one replica', async () => (await redis.look().zcard('parley:replicas')) === 1);
    for (const call of [taken!, second]) await call.hangUp();
  });

  it('hang up each other’s calls, and take what is theirs along when they are stopped', async () => {
    const [a, b] = await startTwo({ REDIS_LEASE_MS: '600000' });
    const call = await dial(a);
    const closed = new Promise<number>((resolve) => call.once('closed', resolve));
    await sees(b, 1);
    const [session] = await sessions(b);
    const answer = await fetch(`${b.url}/api/v1/sessions/${session!.session_id}`, { method: 'DELETE' });
    expect(answer.status).toBe(204);
    expect(await closed).toBe(1000);
    const live = await dial(a);
    const cut = new Promise<number>((resolve) => live.once('closed', resolve));
    await sees(b, 1);
    expect(await a.stop()).toBe(0);
    expect(await cut).toBe(1012);
    // Not after ten minutes.
    await sees(b, 0);
    const slots = await redis.look().hvals('parley:slots');
    expect(slots).toEqual([expect.stringMatching(/^0:/)]);
    expect(await b.stop()).toBe(0);
    expect((await redis.look().keys('*')).filter((key) => !/:(probe|value|jobs):/.test(key))).toEqual([]);
    const log = [...a.output, ...b.output].join('\n');
    expect(log).toContain('state in Redis, redis://***@127.0.0.1');
    expect(log).toContain(session!.replica);
    expect(log).not.toContain(PASSWORD);
  });

  it('end in time when they are stopped while Redis is away', async () => {
    const [a, b] = await startTwo();
    await redis.kill();
    expect(await a.stop()).toBe(0);
    await redis.restart();
    redis.freeze();
    expect(await b.stop()).toBe(0);
    redis.thaw();
    const lines = b.output.filter((line) => line.includes('is away'));
    expect(lines.length).toBeGreaterThan(0);
    expect([...a.output, ...b.output].join('\n')).not.toContain(PASSWORD);
  });
});
