/** Told by `close-watch.ts`: the server has just closed the WebSocket to this port of the client's, with this code. */
export interface CloseNotice {
  readonly closing: { readonly port: number; readonly code: number };
}

export function isCloseNotice(message: unknown): message is CloseNotice {
  return typeof message === 'object' && message !== null && 'closing' in message;
}
