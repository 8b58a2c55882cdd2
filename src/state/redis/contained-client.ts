import { Redis, type RedisOptions } from 'ioredis';
import dataHandler from 'ioredis/built/DataHandler.js';

/** What ioredis 6.0.0 does with what comes on a connection. */
interface Handler {
  dispatch(handle: () => void): void;
  returnFatalError(error: Error): void;
}

/**
 * An answer that cannot be one (null where SUBSCRIBE was asked) makes ioredis throw inside, which it passes on as an
 * uncaught exception: the end of the process. A connection on which that comes is broken, and ends like any other
 * whose protocol is.
 */
const handler = dataHandler.default.prototype as unknown as Handler;
if (typeof handler.dispatch !== 'function') throw new Error('This version of ioredis is not the one that is known');
handler.dispatch = function (this: Handler, handle): void {
  try {
    handle();
  } catch (error) {
    this.returnFatalError(error as Error);
  }
};

/** A client that whatever comes from the other side cannot bring down. */
export function containedClient(options: RedisOptions): Redis {
  return new Redis(options);
}
