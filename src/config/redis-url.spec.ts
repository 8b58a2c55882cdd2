import { describe, expect, it } from '@jest/globals';
import { type ConfigError, loadConfig } from './load.js';
import { parseRedisUrl } from './redis-url.js';

describe('REDIS_URL', () => {
  it('says where Redis is, and is shown without credentials', () => {
    expect(parseRedisUrl('redis://cache.example.com')).toEqual({
      host: 'cache.example.com',
      port: 6379,
      username: '',
      password: '',
      db: 0,
      tls: false,
      shown: 'redis://cache.example.com:6379',
    });
    expect(parseRedisUrl('rediss://user:p%40ss%3Aword@[::1]:6380/3')).toEqual({
      host: '::1',
      port: 6380,
      username: 'user',
      password: 'p@ss:word',
      db: 3,
      tls: true,
      shown: 'rediss://***@[::1]:6380/3',
    });
    expect(parseRedisUrl('redis://:only-a-password@cache/')).toMatchObject({ password: 'only-a-password', db: 0 });
  });

  it.each([
    'http://cache:6379',
    'cache:6379',
    'redis://',
    'redis://cache/first',
    'redis://cache?db=2',
    'redis://:%zz@c',
  ])('is not %s', (given) => {
    expect(parseRedisUrl(given)).toBeUndefined();
  });

  it('is refused with what is allowed, without being shown', () => {
    expect(problemsOf({ REDIS_URL: 'http://:swordfish@cache' })).toEqual([
      'REDIS_URL: was given (a secret) (from environment), but allowed is redis://[user:password@]host[:port][/number], or rediss:// for TLS',
    ]);
  });

  it('is needed to count sessions with other replicas', () => {
    expect(problemsOf({ MAX_SESSIONS_CLUSTER: '100' })).toEqual([
      'MAX_SESSIONS_CLUSTER: was given 100, but is of no use without REDIS_URL, where replicas count together',
    ]);
    expect(problemsOf({ MAX_SESSIONS_CLUSTER: '100', REDIS_URL: 'redis://cache' })).toEqual([]);
  });
});

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    return (error as ConfigError).problems;
  }
}
