import { isIP, isIPv6 } from 'node:net';
import { z } from 'zod';
import { address, configOf, flag, int, list, oneOf, setting, text } from './setting.js';

/** Nobody, everybody, or those of a list, which names at least one. */
const proxies = z
  .union([flag(), list().pipe(z.array(z.string().refine(isNetwork)).min(1))])
  .meta({ description: 'true, false, or a comma-separated list of addresses and networks, such as 10.244.0.0/16' });

export class ServerConfig extends configOf('server', {
  environment: setting(
    'NODE_ENV',
    oneOf(['development', 'test', 'production']),
    'In production nobody gets in without a credential.',
  ),
  role: setting(
    'PARLEY_ROLE',
    oneOf(['all', 'voice', 'pusher']),
    'What this process does. `voice`: calls and live transcription; what comes after a call is done by a pusher at PUSHER_URL. `pusher`: only that. `all`: both.',
  ),
  host: setting(
    'HOST',
    text().min(1),
    'Address to listen on. The default is reachable from this machine only; use `0.0.0.0` in a container.',
  ),
  port: setting('PORT', int(0, 65_535), 'Port for HTTP and WebSockets; 0 picks a free one.'),
  allowedOrigins: setting(
    'ALLOWED_ORIGINS',
    list(),
    'Web origins whose pages may open WebSockets, such as `https://desk.example.com`; `*` allows all. Pages served by this server always may.',
  ),
  corsOrigins: setting(
    'CORS_ORIGINS',
    list(),
    'Web origins whose pages may use the API, such as `https://desk.example.com`; `*` allows all. Pages served by this server always may.',
  ),
  upgradesPerMinute: setting(
    'UPGRADES_PER_MINUTE',
    int(0, 1_000_000),
    'WebSocket upgrades, and API requests without a valid credential, a minute from one address (of IPv6, from its first 64 bits) before it gets 429; 0 sets no limit.',
  ),
  maxSockets: setting(
    'MAX_SOCKETS',
    int(0, 1_000_000),
    'TCP connections at a time, of all kinds; one more is closed at once. 0: as many as MAX_CONNECTIONS and SESSION_QUEUE, and 2000 for requests.',
  ),
  headersTimeoutMs: setting(
    'HEADERS_TIMEOUT_MS',
    int(100, 600_000),
    'How long a client may take to send the headers of a request before it is closed.',
  ),
  requestTimeoutMs: setting(
    'REQUEST_TIMEOUT_MS',
    int(100, 3_600_000),
    'How long a client may take to send a whole request, with its body; at least HEADERS_TIMEOUT_MS counts.',
  ),
  trustProxy: setting(
    'TRUST_PROXY',
    proxies,
    'Take the client address from `X-Forwarded-For`, and without PUBLIC_URL our own from `X-Forwarded-Proto` and `X-Forwarded-Host`, if the connection comes from one of these proxies. `true`: from anybody; only where nobody but a proxy that sets these headers can connect.',
  ),
  publicUrl: setting(
    'PUBLIC_URL',
    address(),
    'Where this server is reached from outside, such as `https://voice.example.com`. Empty: as the request says, in `Host`, and behind TRUST_PROXY in `X-Forwarded-Proto` and `X-Forwarded-Host`.',
  ),
}) {}

function isNetwork(given: string): boolean {
  const [address = '', bits, ...more] = given.split('/');
  if (isIP(address) === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isIPv6(address) ? 128 : 32));
}
