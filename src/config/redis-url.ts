/** What `REDIS_URL` says. */
export interface RedisUrl {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /** Number of the database. */
  readonly db: number;
  readonly tls: boolean;
  /** For people: without credentials. */
  readonly shown: string;
}

const DEFAULT_PORT = 6379;

/** Undefined if it is none; options in the query are none of ours. */
export function parseRedisUrl(given: string): RedisUrl | undefined {
  const url = URL.parse(given);
  if (!url || !/^rediss?:$/.test(url.protocol) || !url.hostname || url.search || url.hash) return undefined;
  const db = /^\/?(\d{0,5})$/.exec(url.pathname)?.[1];
  const username = decoded(url.username);
  const password = decoded(url.password);
  if (db === undefined || username === undefined || password === undefined) return undefined;
  const port = Number(url.port || DEFAULT_PORT);
  const credentials = username || password ? '***@' : '';
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    username,
    password,
    db: Number(db),
    tls: url.protocol === 'rediss:',
    shown: `${url.protocol}//${credentials}${url.hostname}:${port}${db ? `/${db}` : ''}`,
  };
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
