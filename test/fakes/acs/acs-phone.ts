import { WebSocket } from 'ws';

const FRAME_MS = 20;

type Outgoing = { kind: 'AudioData'; audioData: { data: string } } | { kind: 'StopAudio' };

/** The media stream of one call, with a telephone behind it: sends what the caller says (or silence), plays what it gets. */
export class AcsPhone {
  readonly messages: Outgoing[] = [];
  /** What the caller has heard, ms of audio that was not silence. */
  heardMs = 0;
  readonly closed: Promise<{ code: number; reason: string }>;
  private readonly playing: Int16Array[] = [];
  private saying: Int16Array[] = [];
  private line: NodeJS.Timeout | undefined;
  private readonly listeners = new Set<() => void>();

  private constructor(
    readonly socket: WebSocket,
    private readonly sampleRate: number,
  ) {
    this.closed = new Promise((resolve) =>
      socket.once('close', (code, reason) => {
        clearTimeout(this.line);
        resolve({ code, reason: reason.toString() });
        this.tell();
      }),
    );
    socket.on('message', (data: Buffer) => this.receive(JSON.parse(data.toString()) as Outgoing));
    socket.on('error', () => undefined);
  }

  /** The phone, or the status that refused it. */
  static dial(url: string, headers: Record<string, string>, sampleRate = 16_000): Promise<AcsPhone | number> {
    const socket = new WebSocket(url, { headers });
    const phone = new AcsPhone(socket, sampleRate);
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(phone));
      socket.once('unexpected-response', (_, response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      socket.once('error', reject);
    });
  }

  /** The first message, then audio in both directions. */
  openLine(): void {
    const { sampleRate } = this;
    const length = (sampleRate * 2 * FRAME_MS) / 1000;
    this.send({
      kind: 'AudioMetadata',
      audioMetadata: { subscriptionId: 'sub', encoding: 'PCM', sampleRate, channels: 1, length },
    });
    const startedAt = performance.now();
    let frames = 0;
    const tick = (): void => {
      while (performance.now() - startedAt >= frames * FRAME_MS) {
        frames++;
        this.sendFrame(this.saying.shift());
        const heard = this.playing.shift();
        if (heard?.some((sample) => Math.abs(sample) > 100)) this.heardMs += (heard.length * 1000) / sampleRate;
      }
      this.tell();
      this.line = setTimeout(tick, startedAt + frames * FRAME_MS - performance.now());
    };
    tick();
  }

  /** Makes a loud noise for so long. */
  speak(durationMs: number): void {
    const samples = (this.sampleRate * FRAME_MS) / 1000;
    for (let passed = 0; passed < durationMs; passed += FRAME_MS)
      this.saying.push(Int16Array.from({ length: samples }, (_, index) => (index % 20 < 10 ? 9000 : -9000)));
  }

  press(tone: string): void {
    this.send({ kind: 'DtmfData', dtmfData: { data: tone } });
  }

  send(message: unknown): void {
    if (this.socket.readyState === WebSocket.OPEN)
      this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  count(kind: Outgoing['kind']): number {
    return this.messages.filter((message) => message.kind === kind).length;
  }

  async hangUp(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  /** Waits for what the server does; fails when it closes instead. */
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

  private receive(message: Outgoing): void {
    this.messages.push(message);
    if (message.kind === 'StopAudio') this.playing.length = 0;
    else {
      const bytes = new Uint8Array(Buffer.from(message.audioData.data, 'base64'));
      this.playing.push(new Int16Array(bytes.buffer));
    }
    this.tell();
  }

  private sendFrame(pcm: Int16Array | undefined): void {
    const samples = pcm ?? new Int16Array((this.sampleRate * FRAME_MS) / 1000);
    const data = Buffer.from(samples.buffer).toString('base64');
    this.send({
      kind: 'AudioData',
      audioData: { timestamp: new Date().toISOString(), data, silent: pcm === undefined },
    });
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
