import { type Socket, connect as connectPlainly } from 'node:net';
import { connect as connectWithTls } from 'node:tls';
import type { RedisUrl } from '../../config/redis-url.js';
import { untilAborted } from '../../kernel/abort.js';

/** What a Redis says to it, in RESP: `+PONG`, or `-NOAUTH …`, or another error. */
const QUESTION = 'PING\r\n';
const ANSWER = /^[+-]/;

/**
 * Whether a Redis that did not answer does so with TLS where we came without, or without where we came with it. Neither side
 * says so: one waits for more, the other one hangs up. Nothing secret is sent. Resolves with false when the signal aborts.
 */
export async function answersOtherwise({ host, port, tls }: RedisUrl, signal: AbortSignal): Promise<boolean> {
  const socket = tls
    ? connectPlainly({ host, port })
    : // Who it is matters to whoever connects with the other scheme, not here.
      connectWithTls({ host, port, rejectUnauthorized: false, ...(/[a-z]/i.test(host) && { servername: host }) });
  try {
    return ANSWER.test(await untilAborted(answerTo(socket), signal));
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function answerTo(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('it hangs up')));
    socket.once('data', (bytes) => resolve(bytes.toString('latin1')));
    socket.write(QUESTION);
  });
}
