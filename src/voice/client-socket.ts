import type { WebSocket } from 'ws';
import type { Clock, Timer } from '../kernel/clock.js';
import { CloseCode } from '../kernel/close-codes.js';

const MAX_UNSENT_BYTES = 1024 * 1024;
/** How long a client may take to answer our close frame. */
const CLOSE_GRACE_MS = 2000;

const TEXT = { binary: false } as const;
const BINARY = { binary: true } as const;

/** Our side of a client's socket: sends while it is open, bounds what waits to be sent, and closes once and for good. */
export class ClientSocket {
  private grace: Timer | undefined;

  constructor(
    private readonly socket: WebSocket,
    private readonly clock: Clock,
  ) {}

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  /** Bytes given to `send…` that have not left this machine. */
  get unsentBytes(): number {
    return this.socket.bufferedAmount;
  }

  /** A text frame. @param text if bytes, UTF-8; they are not to be changed afterwards. */
  sendText(text: string | Uint8Array): void {
    this.send(text, TEXT);
  }

  /** A binary frame. @param bytes not to be changed afterwards. */
  sendBinary(bytes: Uint8Array): void {
    this.send(bytes, BINARY);
  }

  /** Idempotent: the first code and reason count. */
  close(code: CloseCode, reason: string): void {
    if (this.grace || this.socket.readyState === this.socket.CLOSED) return;
    this.socket.close(code, reason);
    this.grace = this.clock.setTimeout(() => this.socket.terminate(), CLOSE_GRACE_MS);
    this.socket.once('close', () => this.grace?.cancel());
  }

  private send(data: string | Uint8Array, options: { readonly binary: boolean }): void {
    if (!this.isOpen) return;
    this.socket.send(data, options);
    // Nothing is dropped here; a client that does not read is.
    if (this.socket.bufferedAmount > MAX_UNSENT_BYTES) this.close(CloseCode.SlowClient, 'the client does not read');
  }
}
