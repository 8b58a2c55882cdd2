import type { IncomingHttpHeaders } from 'node:http';
import type { ServerConfig } from '../config/server.config.js';

/**
 * Whether a request does not come from a page of somebody else: no browser sent it, or the page is ours, or of one of
 * these origins (`*` for all).
 */
export function mayCome(
  { origin, host }: IncomingHttpHeaders,
  { publicUrl }: Pick<ServerConfig, 'publicUrl'>,
  origins: readonly string[],
): boolean {
  if (origin === undefined || origins.includes('*') || origins.includes(origin)) return true;
  const page = URL.parse(origin);
  return page !== null && (page.host === host || page.origin === URL.parse(publicUrl)?.origin);
}
