import type { ClientRequest, IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { SessionEvent } from '../../src/conversation/session-events.js';

const ANSWER_MS = 20_000;

/** A connection to the server, and where it led. */
export class Line {
  readonly events: SessionEvent[] = [];
  private readonly wakers = new Set<() => void>();
  readonly closed: Promise<void>;
  isOpen = true;
  code = 0;

  private constructor(
    readonly socket: WebSocket,
    readonly place: string,
    onAudio: () => void,
    onClose: () => void,
  ) {
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) onAudio();
      else this.events.push(JSON.parse(data.toString()) as SessionEvent);
      this.wake();
    });
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) =>
      socket.once('close', (code) => {
        this.isOpen = false;
        this.code = code;
        onClose();
        this.wake();
        resolve();
      }),
    );
  }

  /** Resolves with the status, or the system's code, of a refusal. */
  static dial(url: string, query: string, onAudio: () => void, onClose: () => void): Promise<Line | string> {
    const address = `${url.replace(/^http/, 'ws')}/api/v1/voice/ws?encoding=pcm16&sample_rate=8000${query}`;
    const socket = new WebSocket(address, { perMessageDeflate: false });
    let place = '';
    socket.once('upgrade', ({ headers }) => (place = String(headers['x-served-by'])));
    return new Promise((resolve) => {
      // With its first message, before anybody can miss it.
      let line: Line | undefined;
      socket.once('upgrade', () => (line = new Line(socket, place, onAudio, onClose)));
      socket.once('open', () => resolve(line!));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      socket.once('unexpected-response', (request: ClientRequest, response: IncomingMessage) => {
        resolve(`${response.statusCode} ${String(response.headers['x-served-by'] ?? 'of the balancer')}`);
        request.destroy();
      });
    });
  }

  /** What `find` finds; undefined if the line is closed before. Rejects after a while. */
  async find<T>(what: string, find: (events: readonly SessionEvent[]) => T | undefined): Promise<T | undefined> {
    const giveUpAt = performance.now() + ANSWER_MS;
    for (;;) {
      const found = find(this.events);
      if (found !== undefined || !this.isOpen) return found;
      if (performance.now() > giveUpAt) throw new Error(`waited ${ANSWER_MS} ms for ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ANSWER_MS);
        this.wakers.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  say(message: Record<string, unknown>): void {
    if (this.isOpen) this.socket.send(JSON.stringify(message));
  }

  private wake(): void {
    for (const wake of this.wakers) wake();
    this.wakers.clear();
  }
}
