import { encodeMulaw, PCM_OF_MULAW, tone } from './mulaw.ts';
import { clientFrame, OPCODE } from './ws-frames.ts';

/** Twilio Media Streams as Twilio's side speaks it: 8 kHz μ-law, 20 ms a message. */
export const FRAME_MS = 20;
const FRAME_SAMPLES = 160;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
// 300 Hz has six whole periods in 20 ms, so that one frame repeated is a tone without clicks.
const LOUD = base64(encodeMulaw(tone(300, FRAME_MS, 8000)));
const SILENT = base64(new Uint8Array(FRAME_SAMPLES).fill(0xff));

const PAYLOAD_KEY = Buffer.from('"payload":"');
const QUOTE = 0x22;

/** Base64 length of a media message's payload and where it starts, or null if it is another message. */
export function findPayload(message: Buffer): { start: number; end: number } | null {
  const key = message.indexOf(PAYLOAD_KEY);
  if (key < 0) return null;
  const start = key + PAYLOAD_KEY.length;
  return { start, end: message.indexOf(QUOTE, start) };
}

/** Milliseconds of 8 kHz μ-law audio in the base64 between `start` and `end`. */
export function durationOf(message: Buffer, { start, end }: { start: number; end: number }): number {
  const padding = message[end - 1] === 0x3d ? (message[end - 2] === 0x3d ? 2 : 1) : 0;
  return (((end - start) / 4) * 3 - padding) / 8;
}

const LOUD_LEVEL = 500;

/** Whether the audio is more than a whisper: the mean magnitude over the whole payload. */
export function isLoud(message: Buffer, { start, end }: { start: number; end: number }): boolean {
  const bytes = Buffer.from(message.toString('latin1', start, end), 'base64');
  let sum = 0;
  for (const byte of bytes) sum += Math.abs(PCM_OF_MULAW[byte]!);
  return sum > LOUD_LEVEL * bytes.length;
}

/** The messages of one call, framed and masked. Media frames are reused: the numbers in them are written in place. */
export class TwilioMessages {
  readonly streamSid: string;
  private readonly callSid: string;
  private readonly mask: Uint8Array;
  private sequence = 0;
  private chunk = 0;
  private loud: MediaTemplate | null = null;
  private silent: MediaTemplate | null = null;

  constructor(id: number, mask: Uint8Array) {
    const hex = id.toString(16).padStart(32, '0');
    this.streamSid = `MZ${hex}`;
    this.callSid = `CA${hex}`;
    this.mask = mask;
  }

  connected(): Buffer {
    return this.text({ event: 'connected', protocol: 'Call', version: '1.0.0' });
  }

  start(): Buffer {
    this.sequence = 1;
    return this.text({
      event: 'start',
      sequenceNumber: '1',
      start: {
        accountSid: `AC${'0'.repeat(32)}`,
        streamSid: this.streamSid,
        callSid: this.callSid,
        tracks: ['inbound'],
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
        customParameters: {},
      },
      streamSid: this.streamSid,
    });
  }

  mark(name: string): Buffer {
    return this.text({
      event: 'mark',
      sequenceNumber: String(++this.sequence),
      streamSid: this.streamSid,
      mark: { name },
    });
  }

  stop(): Buffer {
    return this.text({
      event: 'stop',
      sequenceNumber: String(++this.sequence),
      streamSid: this.streamSid,
      stop: { accountSid: `AC${'0'.repeat(32)}`, callSid: this.callSid },
    });
  }

  /** The next 20 ms. The buffer is only valid until the next call, unless `keepLastMedia` is called before. */
  media(loud: boolean): Buffer {
    const sequence = ++this.sequence;
    const chunk = ++this.chunk;
    const timestamp = (chunk - 1) * FRAME_MS;
    let template = loud ? this.loud : this.silent;
    if (!template?.fits(sequence, chunk, timestamp)) {
      template = new MediaTemplate(this.streamSid, loud ? LOUD : SILENT, this.mask, sequence, chunk, timestamp);
      if (loud) this.loud = template;
      else this.silent = template;
    } else template.write(sequence, chunk, timestamp);
    return template.frame;
  }

  /** The socket still holds a media frame: the next one gets a buffer of its own. */
  keepLastMedia(): void {
    this.loud = null;
    this.silent = null;
  }

  private text(message: object): Buffer {
    return clientFrame(OPCODE.text, Buffer.from(JSON.stringify(message)), this.mask);
  }
}

/** One masked media message whose three numbers keep their width. */
class MediaTemplate {
  readonly frame: Buffer;
  private readonly mask: Uint8Array;
  private readonly body: number;
  private readonly ends: readonly [number, number, number];
  private readonly widths: readonly [number, number, number];

  constructor(sid: string, payload: string, mask: Uint8Array, sequence: number, chunk: number, timestamp: number) {
    const head = `{"event":"media","sequenceNumber":"${sequence}`;
    const middle = `","media":{"track":"inbound","chunk":"${chunk}`;
    const tail = `","timestamp":"${timestamp}`;
    const text = `${head}${middle}${tail}","payload":"${payload}"},"streamSid":"${sid}"}`;
    this.mask = mask;
    this.frame = clientFrame(OPCODE.text, Buffer.from(text, 'latin1'), mask);
    this.body = this.frame.length - text.length;
    this.ends = [head.length, head.length + middle.length, head.length + middle.length + tail.length];
    this.widths = [widthOf(sequence), widthOf(chunk), widthOf(timestamp)];
  }

  fits(sequence: number, chunk: number, timestamp: number): boolean {
    const [first, second, third] = this.widths;
    return widthOf(sequence) === first && widthOf(chunk) === second && widthOf(timestamp) === third;
  }

  write(sequence: number, chunk: number, timestamp: number): void {
    this.digits(this.ends[0], sequence);
    this.digits(this.ends[1], chunk);
    this.digits(this.ends[2], timestamp);
  }

  private digits(end: number, value: number): void {
    let rest = value;
    for (let at = end - 1; ; at--) {
      this.frame[this.body + at] = (48 + (rest % 10)) ^ this.mask[at & 3]!;
      rest = Math.floor(rest / 10);
      if (rest === 0) return;
    }
  }
}

function widthOf(value: number): number {
  let width = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) width++;
  return width;
}
