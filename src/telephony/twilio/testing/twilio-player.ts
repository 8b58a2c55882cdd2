import type { Clock } from '../../../kernel/clock.js';
import { SocketDouble } from '../../../voice/testing/socket-double.js';

const FRAME_MS = 20;

interface Sent {
  readonly event: 'media' | 'mark' | 'clear';
  readonly mark?: { readonly name: string };
}

export interface TwilioPlayerOptions {
  /** From the arrival of audio at an idle player until it is heard. */
  readonly delayMs?: number;
  /** 2: takes twice as long as it should to play something. */
  readonly stretch?: number;
  /** Plays nothing more once the caller has heard so much. */
  readonly stallsAfterMs?: number;
  /** Whether it sends marks back. */
  readonly echoes?: boolean;
}

/** Twilio's end of the socket, on the test's clock: plays what it is sent, and sends marks back when it has, or at a clear. */
export class TwilioPlayer extends SocketDouble {
  /** What the caller has really heard since the last reset, ms. */
  heardMs = 0;
  private queue: (string | typeof FRAME_MS)[] = [];
  private playing: { cancel(): void } | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly options: TwilioPlayerOptions = {},
  ) {
    super();
  }

  override send(data: string | Buffer): void {
    super.send(data);
    const message = JSON.parse(data.toString()) as Sent;
    if (message.event === 'clear') return this.drop();
    this.queue.push(message.mark?.name ?? FRAME_MS);
    this.playing ??= this.clock.setTimeout(() => this.play(), this.options.delayMs ?? 0);
  }

  /** All messages of one kind, as objects. */
  messages(event: Sent['event']): Sent[] {
    return this.sent.map((data) => JSON.parse(data.toString()) as Sent).filter((message) => message.event === event);
  }

  get markNames(): string[] {
    return this.messages('mark').map(({ mark }) => mark!.name);
  }

  /** A message of Twilio to the server. */
  says(message: unknown): void {
    this.emit('message', Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)), false);
  }

  private play(): void {
    while (typeof this.queue[0] === 'string') this.echo(this.queue.shift() as string);
    this.playing = undefined;
    if (this.queue.length === 0 || this.heardMs >= (this.options.stallsAfterMs ?? Infinity)) return;
    this.playing = this.clock.setTimeout(
      () => {
        this.queue.shift();
        this.heardMs += FRAME_MS;
        this.play();
      },
      FRAME_MS * (this.options.stretch ?? 1),
    );
  }

  private drop(): void {
    this.playing?.cancel();
    this.playing = undefined;
    const marks = this.queue.filter((item) => typeof item === 'string');
    this.queue = [];
    for (const name of marks) this.echo(name);
  }

  private echo(name: string): void {
    if (this.options.echoes ?? true) this.says({ event: 'mark', streamSid: 'MZ1', mark: { name } });
  }
}
