import { z } from 'zod';
import { parseRedisUrl } from './redis-url.js';
import { configOf, int, secret, setting, text } from './setting.js';

const redisUrl = text()
  .refine((given) => given === '' || parseRedisUrl(given) !== undefined)
  .meta({ description: 'redis://[user:password@]host[:port][/number], or rediss:// for TLS' });

const prefix = z
  .string()
  .regex(/^[\w{}.-]{1,64}$/)
  .meta({ description: '1 to 64 letters, digits or any of _ - . { }' });

export class RedisConfig extends configOf('redis', {
  url: secret(
    'REDIS_URL',
    redisUrl,
    'Redis 6.2 or newer, in which replicas share their state: `redis://host:6379/0`, `rediss://` for TLS, with `user:password@` before the host if it asks for them. Empty: the state is in memory, for one process.',
  ),
  prefix: setting(
    'REDIS_PREFIX',
    prefix,
    'Begin of the name of every key and channel; those who share a Redis without sharing calls need one each.',
  ),
  maxSessions: setting(
    'MAX_SESSIONS_CLUSTER',
    int(0, 1_000_000),
    'Voice sessions at a time of all replicas together, which needs REDIS_URL; MAX_CONNECTIONS holds for each of them too. 0 sets no limit.',
  ),
  leaseMs: setting(
    'REDIS_LEASE_MS',
    int(1000, 600_000),
    'How long what a replica has in Redis (its sessions, its session slots) lasts without being renewed, which is when the replica has died. It renews every third of this.',
  ),
  connectTimeoutMs: setting(
    'REDIS_CONNECT_TIMEOUT_MS',
    int(100, 10_000),
    'How long one attempt to connect may take. At the start there are three, then the process ends.',
  ),
  commandTimeoutMs: setting(
    'REDIS_COMMAND_TIMEOUT_MS',
    int(50, 10_000),
    'How long Redis may take to answer a command; then the connection is given up, and a new one made.',
  ),
  answerTimeoutMs: setting(
    'REPLICA_ANSWER_TIMEOUT_MS',
    int(100, 60_000),
    'How long another replica may take to do what this one asks of it, such as to hang up one of its sessions.',
  ),
}) {}
