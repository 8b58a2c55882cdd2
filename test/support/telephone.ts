import { WebSocket } from 'ws';

export const FRAME_MS = 20;

/** A telephone at the other end of a media stream: its line carries a frame in both directions every 20 ms. */
export abstract class Telephone<Message> {
  /** Everything that came, in order. */
  readonly messages: Message[] = [];
  /** Audio that the caller has heard. */
  heardMs = 0;
  readonly closed: Promise<{ code: number; reason: string }>;
  private line: NodeJS.Timeout | undefined;
  private readonly listeners = new Set<() => void>();

  protected constructor(readonly socket: WebSocket) {
    this.closed = new Promise((resolve) =>
      socket.once('close', (code, reason) => {
        clearTimeout(this.line);
        resolve({ code, reason: reason.toString() });
        this.tell();
      }),
    );
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Message;
      this.messages.push(message);
      this.receive(message);
      this.tell();
    });
    socket.on('error', () => undefined);
  }

  protected abstract receive(message: Message): void;
  protected abstract sendFrame(): void;
  protected abstract playFrame(): void;

  /** From now on audio flows in both directions. */
  openLine(): void {
    const startedAt = performance.now();
    let frames = 0;
    const tick = (): void => {
      while (performance.now() - startedAt >= frames * FRAME_MS) {
        frames++;
        this.sendFrame();
        this.playFrame();
      }
      this.tell();
      this.line = setTimeout(tick, startedAt + frames * FRAME_MS - performance.now());
    };
    tick();
  }

  send(message: unknown): void {
    if (this.socket.readyState === WebSocket.OPEN)
      this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Waits for what the server does, looking at each message and each frame; fails when it closes instead. */
  async until(what: string, happened: () => boolean): Promise<void> {
    while (!happened()) {
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error(`closed before ${what}`);
      await new Promise<void>((resolve) => {
        const listener = (): void => {
          this.listeners.delete(listener);
          resolve();
        };
        this.listeners.add(listener);
      });
    }
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
