import { WebSocket } from 'ws';
import type { Clock, Timer } from '../../../kernel/clock.js';
import { ParleyError } from '../../../kernel/errors.js';
import { type DeepgramResults, parseMessage } from './deepgram-messages.js';

export interface DeepgramConnectionOptions {
  readonly url: URL;
  readonly key: string;
  readonly connectMs: number;
  readonly clock: Clock;
}

/** The service closes a connection that has been silent for ten seconds. */
const KEEP_ALIVE_MS = 4000;
const MAX_MESSAGE_BYTES = 1_048_576;

/**
 * A connection to Deepgram's streaming recognition. A client of our own, and not their SDK: that one is 12 MB, connects
 * again by itself with what it has forgotten, and does not tell the status with which a connection was refused.
 */
export class DeepgramConnection {
  private readonly socket: WebSocket;
  private readonly opened: Promise<void>;
  private keepAlive: Timer | undefined;
  private deadline: Timer | undefined;
  private isOver = false;
  private isOpen = false;

  constructor(
    private readonly options: DeepgramConnectionOptions,
    private readonly onResults: (results: DeepgramResults) => void,
    /** Once, unless it was closed by us. */
    private readonly onLost: (error: ParleyError) => void,
  ) {
    this.socket = new WebSocket(options.url, {
      headers: { Authorization: `Token ${options.key}` },
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE_BYTES,
      followRedirects: false,
    });
    this.opened = new Promise((resolve) => {
      this.socket.once('open', () => {
        this.isOpen = true;
        this.deadline?.cancel();
        this.stayAlive();
        resolve();
      });
    });
    this.listen();
    this.deadline = options.clock.setTimeout(
      () => this.fail(`no connection within ${options.connectMs} ms`, true),
      options.connectMs,
    );
  }

  /** Whether it can be used, or will be once it is open. */
  get isUsable(): boolean {
    return !this.isOver;
  }

  /** Does not settle when the connection is lost before: that is told to `onLost`. */
  get whenOpen(): Promise<void> {
    return this.opened;
  }

  /** PCM16. Nothing is kept for a connection that is not open: see `whenOpen`. */
  send(pcm: Int16Array): void {
    if (!this.isOpen || this.isOver) return;
    this.stayAlive();
    // A copy: the buffer may be used again before it is on the wire.
    this.socket.send(Buffer.from(Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength)), { binary: true });
  }

  /** What has been sent is to be understood now. */
  finalize(): void {
    this.control('Finalize');
  }

  close(): void {
    if (this.isOver) return;
    this.control('CloseStream');
    this.end();
    this.socket.close(1000);
  }

  private control(type: 'Finalize' | 'KeepAlive' | 'CloseStream'): void {
    if (this.isOpen && !this.isOver) this.socket.send(JSON.stringify({ type }));
  }

  private stayAlive(): void {
    this.keepAlive?.cancel();
    this.keepAlive = this.options.clock.setTimeout(() => {
      this.control('KeepAlive');
      this.stayAlive();
    }, KEEP_ALIVE_MS);
  }

  private listen(): void {
    this.socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (this.isOver) return;
      let results: DeepgramResults | undefined;
      try {
        if (isBinary) throw new Error('binary');
        results = parseMessage(data.toString());
      } catch {
        this.fail('an answer that cannot be read', true);
        return;
      }
      if (results) this.onResults(results);
    });
    this.socket.on('unexpected-response', (request, response) => {
      const status = response.statusCode ?? 0;
      this.fail(`refused with status ${status}`, status === 429 || status >= 500);
      request.destroy();
    });
    this.socket.on('close', (code, reason) => {
      // The reason is a code such as NET-0001, followed by a sentence.
      const name = /^[A-Z]{3,5}-\d{4}/.exec(reason.toString())?.[0];
      this.fail(`closed with ${code}${name ? ` ${name}` : ''}`, code !== 1008);
    });
    this.socket.on('error', () => this.fail('cannot be reached', true));
  }

  private fail(what: string, retryable: boolean): void {
    if (this.isOver) return;
    this.end();
    this.socket.terminate();
    this.onLost(new ParleyError('stt_failed', `Deepgram: ${what}`, retryable));
  }

  private end(): void {
    this.isOver = true;
    this.keepAlive?.cancel();
    this.deadline?.cancel();
  }
}
