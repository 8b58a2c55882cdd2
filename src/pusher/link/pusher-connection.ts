import { WebSocket } from 'ws';
import type { Clock, Timer } from '../../kernel/clock.js';
import { CloseCode } from '../../kernel/close-codes.js';
import { messageOf } from '../../kernel/errors.js';
import { type FrameFromPusher, decodeFromPusher, encodeToPusher } from './frames.js';

/** Results hold summaries; no more than this is one. */
const MAX_FRAME_BYTES = 1024 * 1024;
const CLOSE_GRACE_MS = 2000;
/** Heartbeats that may stay unanswered; the next is due by then. */
const MAX_SILENT_BEATS = 2.5;
const HEARTBEAT = encodeToPusher({ type: 'heartbeat' });

export type ReadyFrame = Extract<FrameFromPusher, { type: 'ready' }>;

export interface ConnectionEnd {
  /** Of the close frame; 1006 if there was none. */
  readonly code: number;
  readonly problem: string;
}

export interface ConnectionOptions {
  readonly url: URL;
  readonly secret: string;
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly onFrame: (frame: FrameFromPusher) => void;
  /** As often as it says that it is alive. */
  readonly onBeat: () => void;
}

/** One WebSocket to the pusher, from the attempt to its end. */
export class PusherConnection {
  /** Undefined if it ended before. */
  readonly ready: Promise<ReadyFrame | undefined>;
  readonly ended: Promise<ConnectionEnd>;
  private readonly socket: WebSocket;
  private timer: Timer;
  private heardAt: number;
  private problem: string | undefined;
  private closing = false;
  private onReady: (frame: ReadyFrame | undefined) => void = () => undefined;

  constructor(private readonly options: ConnectionOptions) {
    const { url, secret, clock, connectTimeoutMs } = options;
    this.heardAt = clock.now();
    this.socket = new WebSocket(url, {
      headers: { authorization: `Bearer ${secret}` },
      perMessageDeflate: false,
      maxPayload: MAX_FRAME_BYTES,
    });
    this.timer = clock.setTimeout(() => this.terminate('it took too long to connect'), connectTimeoutMs);
    this.ready = new Promise((resolve) => (this.onReady = resolve));
    this.ended = new Promise((resolve) =>
      this.socket.once('close', (code, reason) => {
        this.timer.cancel();
        this.onReady(undefined);
        resolve({ code, problem: this.problem ?? `closed with ${code} ${reason.toString()}`.trim() });
      }),
    );
    this.socket.on('error', (error) => (this.problem ??= messageOf(error)));
    this.socket.on('message', (data: Buffer, isBinary) => this.receive(data, isBinary));
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN && !this.closing;
  }

  /** Bytes given to `send` that have not left this machine. */
  get unsentBytes(): number {
    return this.socket.bufferedAmount;
  }

  /** @param taken is told when the operating system has taken it. */
  send(frame: Buffer, taken?: () => void): void {
    if (!this.isOpen) return;
    this.socket.send(frame, { binary: true }, (error) => {
      if (error) this.terminate(messageOf(error));
      else taken?.();
    });
  }

  /** Idempotent. */
  close(code: CloseCode, reason: string): void {
    if (this.closing || this.socket.readyState === WebSocket.CLOSED) return;
    if (this.socket.readyState === WebSocket.CONNECTING) return this.terminate(reason);
    this.closing = true;
    this.problem ??= reason;
    this.socket.close(code, reason);
    this.timer.cancel();
    this.timer = this.options.clock.setTimeout(() => this.socket.terminate(), CLOSE_GRACE_MS);
  }

  /** Does not wait for the other side. */
  terminate(problem: string): void {
    this.problem ??= problem;
    this.socket.terminate();
  }

  private receive(data: Buffer, isBinary: boolean): void {
    this.heardAt = this.options.clock.now();
    if (this.closing) return;
    try {
      const frame = decodeFromPusher(isBinary ? data : Buffer.alloc(0));
      if (frame.type === 'ready') this.begin(frame);
      else this.options.onFrame(frame);
    } catch (error) {
      this.close(CloseCode.Malformed, messageOf(error));
    }
  }

  private begin(frame: ReadyFrame): void {
    this.onReady(frame);
    this.timer.cancel();
    this.beat();
  }

  /** A data frame, because balancers do not count the pings of the protocol. */
  private beat(): void {
    const { clock, heartbeatMs, onBeat } = this.options;
    this.timer = clock.setTimeout(() => {
      if (clock.now() - this.heardAt >= heartbeatMs * MAX_SILENT_BEATS) return this.terminate('it does not answer');
      this.send(HEARTBEAT);
      onBeat();
      this.beat();
    }, heartbeatMs);
  }
}
