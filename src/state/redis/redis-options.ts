import type { RedisOptions } from 'ioredis';
import { ParleyError } from '../../kernel/errors.js';
import { parseRedisUrl } from '../../config/redis-url.js';

/** Where `REDIS_URL` leads, and who we are there. @param name of the connection, for whoever looks at Redis. */
export function redisOptions(
  redisUrl: string,
  name: string,
): { readonly shown: string; readonly options: RedisOptions } {
  const url = parseRedisUrl(redisUrl);
  if (!url) throw new ParleyError('config_invalid', 'REDIS_URL is not the address of a Redis');
  const { host, port, db, username, password, tls, shown } = url;
  return {
    shown,
    options: {
      host,
      port,
      // Whichever of IPv4 and IPv6 the name stands for.
      family: 0,
      db,
      connectionName: `parley:${name}`,
      ...(username ? { username } : {}),
      ...(password ? { password } : {}),
      ...(tls ? { tls: {} } : {}),
    },
  };
}
