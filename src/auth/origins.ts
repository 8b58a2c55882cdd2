import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import type { ServerConfig } from '../config/server.config.js';

/** For who asks by a name that is none of ours. */
export const strangeHost =
  'Without credentials this server answers to addresses, localhost, HOST and the names in PUBLIC_URL and ALLOWED_ORIGINS only';

type Known = Pick<ServerConfig, 'publicUrl' | 'host' | 'allowedOrigins' | 'corsOrigins'>;

/**
 * Whether a request does not come from a page of somebody else: no browser sent it, or the page is ours, or of one of
 * these origins (`*` for all).
 * @param isOpen whether no credential is asked for, so that all depends on this
 */
export function mayCome(
  { origin, host }: IncomingHttpHeaders,
  server: Known,
  origins: readonly string[],
  isOpen: boolean,
): boolean {
  if (origin === undefined || origins.includes('*') || origins.includes(origin)) return true;
  const page = URL.parse(origin);
  if (page === null) return false;
  if (page.origin === URL.parse(server.publicUrl)?.origin) return true;
  return page.host === host && (!isOpen || isOurName(host, server));
}

/**
 * Whether `Host` is a name of this server, as far as it knows its own. A page of somebody else can have its name lead here
 * (DNS rebinding); for its browser we are that page's own server then, and only the name tells. Addresses and
 * `localhost` cannot be made to lead elsewhere.
 */
export function isOurName(
  host: string | undefined,
  { publicUrl, host: own, allowedOrigins, corsOrigins }: Known,
): boolean {
  if (host === undefined || allowedOrigins.includes('*')) return true;
  const name = URL.parse(`http://${host}`)?.hostname;
  if (name === undefined) return false;
  if (isIP(name.replace(/^\[(.+)\]$/, '$1')) !== 0 || name === 'localhost' || name.endsWith('.localhost')) return true;
  const names = [publicUrl, ...allowedOrigins, ...corsOrigins].map((url) => URL.parse(url)?.hostname);
  return name === own.toLowerCase() || names.includes(name);
}
