import { EventEmitter } from 'node:events';
import type { WebSocket } from 'ws';

/** As much of a `ws` socket as a transport and a heartbeat use. It sends nothing; the test says what is buffered. */
export class SocketDouble extends EventEmitter {
  readonly OPEN = 1;
  readonly CLOSED = 3;
  readyState = 1;
  /** Bytes that the client has not taken yet. */
  bufferedAmount = 0;
  readonly sent: (string | Buffer)[] = [];
  pings = 0;
  terminations = 0;
  readonly closes: { code: number; reason: string }[] = [];

  get socket(): WebSocket {
    return this as unknown as WebSocket;
  }

  send(data: string | Buffer): void {
    this.sent.push(data);
  }

  ping(): void {
    this.pings++;
  }

  close(code: number, reason: string): void {
    this.closes.push({ code, reason });
    this.readyState = 2;
  }

  terminate(): void {
    this.terminations++;
    this.end();
  }

  /** The connection is gone. */
  end(): void {
    if (this.readyState === this.CLOSED) return;
    this.readyState = this.CLOSED;
    this.emit('close');
  }

  /** Types of the events sent, and `audio` for each binary frame. */
  get log(): string[] {
    return this.sent.map((data) => (typeof data === 'string' ? (JSON.parse(data) as { type: string }).type : 'audio'));
  }
}
