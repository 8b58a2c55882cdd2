import twilio from 'twilio';
import { WebSocket } from 'ws';
import { decodeMuLaw, encodeMuLaw } from '../../src/audio/g711.js';
import { FRAME_MS, Telephone } from './telephone.js';
import type { TestServer } from './test-server.js';

const FRAME_SAMPLES = 160;
export const streamSid = `MZ${'0123456789abcdef'.repeat(2)}`;
export const accountSid = `AC${'fedcba9876543210'.repeat(2)}`;
export const callSid = 'CA00112233445566778899aabbccddeeff';

type Outgoing =
  | { event: 'media'; streamSid: string; media: { payload: string } }
  | { event: 'mark'; streamSid: string; mark: { name: string } }
  | { event: 'clear'; streamSid: string };

export interface Refused {
  readonly status: number;
  readonly body: { error: Record<string, unknown> };
  readonly retryAfter: string | undefined;
}

export interface DialOptions {
  /** Signs the upgrade with it, as Twilio does. */
  readonly authToken?: string;
  /** What it signs; the URL it dials if undefined. */
  readonly signedUrl?: string;
  readonly headers?: Record<string, string>;
  readonly path?: string;
}

/**
 * Twilio's end of a Media Stream, with a telephone behind it: sends what the caller says (or silence) every 20 ms, plays
 * what the agent says in real time, and sends marks back when they have been played or cleared.
 */
export class TwilioCaller extends Telephone<Outgoing> {
  /** Names of the marks that went back. */
  readonly echoed: string[] = [];
  /** Audio that came. */
  receivedMs = 0;
  /** What the caller has heard, as samples at 8 kHz. */
  readonly heard: Int16Array[] = [];
  private sequence = 0;
  private chunk = 0;
  private saying: Int16Array[] = [];
  private playing: (Int16Array | string)[] = [];
  private whenSaid: (() => void) | undefined;

  /** A connection that was let in; nothing has been sent yet. */
  static async dial(server: TestServer, options: DialOptions = {}): Promise<TwilioCaller> {
    const answer = await TwilioCaller.tryDial(server, options);
    if (answer instanceof TwilioCaller) return answer;
    throw new Error(`refused with ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  static tryDial(server: TestServer, options: DialOptions = {}): Promise<TwilioCaller | Refused> {
    const url = `${server.url.replace(/^http/, 'ws')}${options.path ?? '/api/v1/twilio/media'}`;
    const { authToken, signedUrl = url } = options;
    const signature = authToken && twilio.getExpectedTwilioSignature(authToken, signedUrl, {});
    const socket = new WebSocket(url, {
      headers: { ...(signature && { 'x-twilio-signature': signature }), ...options.headers },
    });
    const caller = new TwilioCaller(socket);
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(caller));
      socket.once('unexpected-response', (_request, response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: JSON.parse(Buffer.concat(chunks).toString()) as { error: Record<string, unknown> },
            retryAfter: response.headers['retry-after'],
          }),
        );
      });
      socket.once('error', reject);
    });
  }

  /** A call under way: `connected`, `start`, and the line is open. */
  static override async call(
    server: TestServer,
    customParameters: Record<string, string> = {},
    options: DialOptions = {},
  ): Promise<TwilioCaller> {
    const caller = await TwilioCaller.dial(server, options);
    caller.start({ customParameters });
    caller.openLine();
    return caller;
  }

  /** `connected` and `start`, as Twilio sends them; `changes` to its content are for the test. */
  start(changes: Record<string, unknown> = {}): void {
    this.send({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    this.send({
      event: 'start',
      sequenceNumber: this.nextSequence(),
      start: {
        accountSid,
        streamSid,
        callSid,
        tracks: ['inbound'],
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
        customParameters: {},
        ...changes,
      },
      streamSid,
    });
  }

  /** Speaks in real time; resolves when the last of it has been said. */
  async say(pcm: Int16Array): Promise<void> {
    for (let at = 0; at < pcm.length; at += FRAME_SAMPLES) this.saying.push(pcm.slice(at, at + FRAME_SAMPLES));
    await new Promise<void>((resolve) => (this.whenSaid = resolve));
  }

  press(digits: string): void {
    for (const digit of digits)
      this.send({
        event: 'dtmf',
        streamSid,
        sequenceNumber: this.nextSequence(),
        dtmf: { track: 'inbound_track', digit },
      });
  }

  /** The caller hangs up: Twilio says so and closes the socket. */
  async hangUp(): Promise<void> {
    this.stop();
    await this.closed;
  }

  stop(): void {
    this.send({ event: 'stop', streamSid, sequenceNumber: this.nextSequence(), stop: { accountSid, callSid } });
  }

  /** One `media` frame; what it does not say is as it should be. */
  sendMedia(pcm: Int16Array, media: Record<string, unknown> = {}): void {
    this.chunk++;
    this.send({
      event: 'media',
      sequenceNumber: this.nextSequence(),
      media: {
        track: 'inbound',
        chunk: String(this.chunk),
        timestamp: String(this.chunk * FRAME_MS + 40),
        payload: encodeMuLaw(pcm).toString('base64'),
        ...media,
      },
      streamSid,
    });
  }

  /** How many messages of this kind have come. */
  count(event: Outgoing['event']): number {
    return this.messages.filter((message) => message.event === event).length;
  }

  protected receive(message: Outgoing): void {
    switch (message.event) {
      case 'media': {
        const pcm = decodeMuLaw(Buffer.from(message.media.payload, 'base64'));
        this.receivedMs += pcm.length / 8;
        this.playing.push(pcm);
        break;
      }
      case 'mark':
        this.playing.push(message.mark.name);
        break;
      case 'clear': {
        const marks = this.playing.filter((item) => typeof item === 'string');
        this.playing = [];
        for (const name of marks) this.echo(name);
        break;
      }
    }
  }

  protected sendFrame(): void {
    const next = this.saying.shift();
    this.sendMedia(next ?? new Int16Array(FRAME_SAMPLES));
    if (this.saying.length > 0) return;
    this.whenSaid?.();
    this.whenSaid = undefined;
  }

  protected playFrame(): void {
    while (typeof this.playing[0] === 'string') this.echo(this.playing.shift() as string);
    const pcm = this.playing.shift() as Int16Array | undefined;
    if (!pcm) return;
    this.heard.push(pcm);
    this.heardMs += pcm.length / 8;
  }

  private echo(name: string): void {
    this.echoed.push(name);
    this.send({ event: 'mark', streamSid, sequenceNumber: this.nextSequence(), mark: { name } });
  }

  private nextSequence(): string {
    return String(++this.sequence);
  }
}
