import { WebSocket } from 'ws';
import { FRAME_MS, Telephone } from '../../support/telephone.js';

type Outgoing = { kind: 'AudioData'; audioData: { data: string } } | { kind: 'StopAudio' };

/** The media stream of one call, with a telephone behind it: sends what the caller says (or silence), plays what it gets. */
export class AcsPhone extends Telephone<Outgoing> {
  private readonly playing: Int16Array[] = [];
  private saying: Int16Array[] = [];

  private constructor(
    socket: WebSocket,
    private readonly sampleRate: number,
  ) {
    super(socket);
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
  override openLine(): void {
    const { sampleRate } = this;
    const length = (sampleRate * 2 * FRAME_MS) / 1000;
    this.send({
      kind: 'AudioMetadata',
      audioMetadata: { subscriptionId: 'sub', encoding: 'PCM', sampleRate, channels: 1, length },
    });
    super.openLine();
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

  count(kind: Outgoing['kind']): number {
    return this.messages.filter((message) => message.kind === kind).length;
  }

  async hangUp(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  protected receive(message: Outgoing): void {
    if (message.kind === 'StopAudio') this.playing.length = 0;
    else {
      const bytes = new Uint8Array(Buffer.from(message.audioData.data, 'base64'));
      this.playing.push(new Int16Array(bytes.buffer));
    }
  }

  protected sendFrame(): void {
    const pcm = this.saying.shift();
    const samples = pcm ?? new Int16Array((this.sampleRate * FRAME_MS) / 1000);
    const data = Buffer.from(samples.buffer).toString('base64');
    this.send({
      kind: 'AudioData',
      audioData: { timestamp: new Date().toISOString(), data, silent: pcm === undefined },
    });
  }

  /** What is not silence counts as heard. */
  protected playFrame(): void {
    const heard = this.playing.shift();
    if (heard?.some((sample) => Math.abs(sample) > 100)) this.heardMs += (heard.length * 1000) / this.sampleRate;
  }
}
