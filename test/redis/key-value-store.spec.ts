import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { describeKeyValueStore } from '../../src/state/store/testing/key-value-store-contract.js';
import { RedisServer, describeWithRedis } from '../support/redis.js';
import { Replicas, type TestReplica } from '../support/replicas.js';

describeWithRedis('Redis', () => {
  let redis: RedisServer;
  let replica: TestReplica;
  const replicas = new Replicas(() => redis.url);
  beforeAll(async () => {
    redis = await RedisServer.start();
    replica = await replicas.start();
  });
  beforeEach(() => redis.look().flushall());
  afterAll(async () => {
    await replicas.stop();
    await redis.stop();
  });

  describeKeyValueStore('RedisKeyValueStore', () => ({
    store: replica.state.store,
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  }));

  it('keeps values under the prefix, and only for their time', async () => {
    await replica.state.store.set('resume:a', 'one', 60_000);
    const client = redis.look();
    expect(await client.keys('*')).toEqual(['parley:value:resume:a']);
    expect(await client.pttl('parley:value:resume:a')).toBeGreaterThan(50_000);
  });

  it('takes what is of another kind for an error, not for a value', async () => {
    await redis.look().rpush('parley:value:resume:a', 'x');
    await expect(replica.state.store.get('resume:a')).rejects.toMatchObject({
      code: 'state_unavailable',
      retryable: true,
      message: expect.stringContaining('WRONGTYPE'),
    });
    await replica.state.store.delete('resume:a');
    expect(await replica.state.store.get('resume:a')).toBeUndefined();
  });
});
