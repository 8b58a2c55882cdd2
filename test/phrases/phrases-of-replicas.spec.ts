import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PhraseListManager } from '../../src/services/phrases/phrase-list-manager.js';
import { RedisServer, describeWithRedis } from '../support/redis.js';
import { until } from '../support/replicas.js';
import { TestServer, withoutSpeech } from '../support/test-server.js';

describeWithRedis('the list of phrases of a tenant', () => {
  let redis: RedisServer;
  let servers: [TestServer, TestServer];

  beforeAll(async () => {
    redis = await RedisServer.start();
    const start = (): Promise<TestServer> =>
      TestServer.start({
        REDIS_URL: redis.url,
        REDIS_COMMAND_TIMEOUT_MS: '300',
        DATA_DIR: mkdtempSync(path.join(tmpdir(), 'parley-phrases-')),
        ...withoutSpeech,
      });
    servers = [await start(), await start()];
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await redis.stop();
  });

  const put = (server: TestServer, phrases: string[]): Promise<Response> =>
    fetch(`${server.url}/api/v1/phrases`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ phrases }),
    });

  it('is the same on all replicas, for the calls that they have', async () => {
    const [one, other] = servers;
    const manager = other.app.get(PhraseListManager, { strict: false });
    const changed = new Promise<void>((resolve) => {
      const stop = manager.follow('default', () => {
        stop();
        resolve();
      });
    });
    expect((await put(one, ['Nguyen'])).status).toBe(200);
    expect((await other.get('/api/v1/phrases')).body).toEqual({ phrases: ['Nguyen'], configured: [] });
    await changed;
    expect(manager.of('default')).toEqual(['Nguyen']);
  });

  it('cannot be changed while Redis does not answer, and stays in use', async () => {
    const [one] = servers;
    redis.freeze();
    expect((await put(one, ['Kowalczyk'])).status).toBe(503);
    expect((await one.get('/api/v1/phrases')).status).toBe(503);
    redis.thaw();
    await until('Redis is back', async () => (await one.get('/api/v1/phrases')).status === 200);
    expect(one.app.get(PhraseListManager, { strict: false }).of('default')).toEqual(['Nguyen']);
  });
});
