import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp, listen } from '../../src/configure-app.js';
import { LocalServer } from '../../src/cli/local-server.js';
import { JobQueue } from '../../src/pusher/jobs/job-queue.js';
import { RedisServer, describeWithRedis, freePort, urlOf } from '../support/redis.js';

const PASSWORD = 'swordfish%40the-harbour';

describeWithRedis('the start with a Redis that is', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start({ password: PASSWORD.replace('%40', '@') });
  });
  afterAll(() => redis.stop());

  const env = (url: string): NodeJS.ProcessEnv => ({
    REDIS_URL: url,
    REDIS_CONNECT_TIMEOUT_MS: '200',
    PORT: '0',
    HOST: '127.0.0.1',
    LOG_LEVEL: 'silent',
    NODE_ENV: 'test',
    STT_SERVICE_MODELS: 'scripted',
    TTS_SERVICE_MODELS: 'scripted',
    LLM_MODELS: 'scripted',
    VAD: 'energy',
  });

  /** The error that ends the start, and what was listened to before. */
  async function failure(url: string): Promise<string> {
    const app = await createApp(env(url));
    try {
      await listen(app);
      return 'started';
    } catch (error) {
      return (error as Error).message;
    } finally {
      await app.close();
    }
  }

  it('absent says so, and what to do', async () => {
    const port = await freePort();
    expect(await failure(`redis://user:${PASSWORD}@127.0.0.1:${port}/2`)).toBe(
      `Start-up step "core" failed: REDIS_URL redis://***@127.0.0.1:${port}/2: connect ECONNREFUSED 127.0.0.1:${port} ` +
        '(tried 3 times, 200 ms each). Start Redis, or correct REDIS_URL; without REDIS_URL the state is in memory',
    );
  });

  it('frozen does not hang it', async () => {
    const frozen = await RedisServer.start();
    frozen.freeze();
    expect(await failure(frozen.url)).toContain('no answer within 200 ms (tried 3 times, 200 ms each)');
    await frozen.stop();
  });

  it('none at all says what it is not', async () => {
    const web = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
    await new Promise((resolve) => web.once('listening', resolve));
    const message = await failure(urlOf((web.address() as AddressInfo).port));
    expect(message).toMatch(
      /REDIS_URL redis:\S+: what listens there is no Redis \(tried 3 times.*\)\. Name the port of Redis/,
    );
    web.closeAllConnections();
    await new Promise((resolve) => web.close(resolve));
  });

  it('a read-only copy says so, and that the primary is wanted', async () => {
    const copy = await RedisServer.start({ args: ['--replicaof', '127.0.0.1', String(redis.port)] });
    expect(await failure(copy.url)).toMatch(
      /: it is a read-only copy \(tried 3 times.*\)\. Name the primary in REDIS_URL/,
    );
    await copy.stop();
  });

  it('of another mind about the password is asked once, and nothing secret is said', async () => {
    for (const url of [`redis://:wrong-one@127.0.0.1:${redis.port}`, urlOf(redis.port)]) {
      const message = await failure(url);
      expect(message).toMatch(/(WRONGPASS|NOAUTH).*\(tried once\)\. Check user and password in REDIS_URL/);
      expect(message).not.toContain('wrong-one');
    }
  });

  it('of a user who may not do what is needed says so', async () => {
    const admin = redis.look();
    await admin.call('ACL', 'SETUSER', 'reader', 'on', '>a-password', '~*', '&*', '+@read', '+hello', '+auth', '+ping');
    const message = await failure(`redis://reader:a-password@127.0.0.1:${redis.port}`);
    expect(message).toMatch(/NOPERM .*eval.*\(tried once\)/);
    expect(message).not.toContain('a-password');
  });

  it('of a user who may do just what docs/redis.md says works', async () => {
    const admin = redis.look();
    const rights = /ACL SETUSER parley on >password (.*)/.exec(readFileSync('docs/redis.md', 'utf8'))![1]!;
    await admin.call('ACL', 'SETUSER', 'parley', 'reset', 'on', '>a-password', ...rights.split(' '));
    const app = await createApp({
      ...env(`redis://parley:a-password@127.0.0.1:${redis.port}`),
      MAX_SESSIONS_CLUSTER: '5',
    });
    const url = await listen(app);
    const readiness = (await (await fetch(`${url}/api/v1/readiness`)).json()) as { checks: { component: string }[] };
    expect(readiness.checks.find(({ component }) => component === 'redis')).toMatchObject({
      status: 'up',
      critical: false,
      details: { configured: true, replicas: 1, cluster_sessions: 0, max_cluster_sessions: 5 },
    });
    const queue = app.get(JobQueue, { strict: false });
    await queue.put({ id: 'process.nothing.1', kind: 'process', payload: {} });
    while ((await queue.stateOf('process.nothing.1')) !== 'dead') await new Promise((resolve) => setImmediate(resolve));
    await app.close();
  });

  it('refused ends the process with a non-zero code', async () => {
    const port = await freePort();
    const url = `redis://:${PASSWORD}@127.0.0.1:${port}`;
    const outcome = LocalServer.start({ ...env(url), LOG_LEVEL: 'trace' });
    await expect(outcome).rejects.toThrow(/exit code 1[\s\S]*step "core" failed: REDIS_URL redis:\/\/\*\*\*@127/);
    await expect(outcome).rejects.not.toThrow(/swordfish/);
  });
});
