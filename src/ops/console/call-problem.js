/** @typedef {import('./api.js').Api} Api */

/** What the close codes mean to the person on the call. */
const closeReasons = {
  1001: 'The call was idle for too long.',
  1003: 'The server did not understand what this page sent.',
  1008: 'The server ended the call because a rule of the protocol was broken.',
  1009: 'A message was too large for the server.',
  1011: 'The server, or a service it needs, failed.',
  1012: 'The server restarts. Call again in a moment.',
  1013: 'The connection is too slow for the call.',
};

const REFUSED = 'The server refused the call. It may limit calls from one address, or not allow this page’s origin.';

/** @param {number} code of the WebSocket's close event */
export function closeReason(code) {
  return closeReasons[code] ?? (code === 1000 ? undefined : 'The connection to the server was lost.');
}

/**
 * A browser does not tell why a WebSocket was refused, so the server is asked how it is.
 * @param {Api} api
 * @param {string} [otherwise] what to say when nothing is wrong with the server
 * @returns {Promise<string>} a sentence for the person who called
 */
export async function whyRefused(api, otherwise = REFUSED) {
  const [health, overload] = await Promise.all([api.get('voice/health'), api.get('overload')]);
  if (health.status === 0) return 'The server does not answer.';
  if (overload.status === 401) return 'The server asks for an access token.';
  const { status, active_connections: active, max_connections: max } = health.body ?? {};
  if (status === 'draining') return 'The server is draining: it takes no new calls. Try again in a moment.';
  if (overload.body?.effects?.new_sessions === false)
    return 'The server is overloaded: it takes no new calls. Try again in a minute.';
  if (active >= max) return `The server is at capacity: ${active} of ${max} calls. Try again in a moment.`;
  return otherwise;
}
