/**
 * Preloaded (`--import`) beside the probe where a scenario wants to know whom the server closes, the moment it does. The
 * close frame itself is queued behind all the audio that the client has not read.
 */
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import path from 'node:path';
import { isMainThread } from 'node:worker_threads';
import type { CloseNotice } from './close-notice.ts';

interface Closing {
  setSocket: (this: Closing, socket: Socket, ...rest: unknown[]) => void;
  close: (this: Closing, code?: number, reason?: string) => void;
}

if (isMainThread && process.send) {
  // The server's own copy of the package, not the bench's.
  const { WebSocket } = createRequire(path.join(process.cwd(), 'package.json'))('ws') as {
    WebSocket: { prototype: Closing };
  };
  const { prototype } = WebSocket;
  const { setSocket, close } = prototype;
  const ports = new WeakMap<Closing, number>();
  prototype.setSocket = function (socket, ...rest) {
    ports.set(this, socket.remotePort ?? 0);
    setSocket.call(this, socket, ...rest);
  };
  prototype.close = function (code, reason) {
    process.send!({ closing: { port: ports.get(this) ?? 0, code: code ?? 1005 } } satisfies CloseNotice);
    close.call(this, code, reason);
  };
}
