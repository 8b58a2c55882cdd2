import net from 'node:net';
import { PlayoutModel } from '../load/playout-model.ts';
import { findPayload, TwilioMessages } from '../load/twilio-messages.ts';
import { clientFrame, FrameReader, OPCODE } from '../load/ws-frames.ts';
import { spokenFrames } from './spoken.ts';
import { garbage, nativeMessage, twilioDigit } from './garbage.ts';

const BINARY = 0x2;
const SPOKEN = spokenFrames();
const SILENT = new Uint8Array(160).fill(0xff);
const NATIVE_PATH = '/api/v1/voice/ws?encoding=mulaw&sample_rate=8000';
const TWILIO_PATH = '/api/v1/twilio/media';
const BAD_PATHS = ['/api/v1/nowhere', '/api/v1/voice/ws?sample_rate=1', '/api/v1/voice/ws?agent=nobody'];

/** How a call ends. `vanish`: no more frames in either direction, and no FIN. */
const ENDINGS = ['polite', 'polite', 'close frame', 'destroy', 'destroy', 'reset', 'half-close', 'vanish'] as const;

export interface Plan {
  readonly twilio: boolean;
  readonly path: string;
  /** From the connection on; a few end before the upgrade has been answered. */
  readonly lifeMs: number;
  readonly ending: (typeof ENDINGS)[number];
  /** Chance of garbage and of a message in each 20 ms. */
  readonly garbageRate: number;
  readonly messageRate: number;
  /** When it stops reading, and for how long; null: reads always. */
  readonly deaf: { readonly afterMs: number; readonly forMs: number } | null;
}

/** Hears a little and ends civilly. */
export function politePlan(twilio: boolean): Plan {
  const path = twilio ? TWILIO_PATH : NATIVE_PATH;
  return { twilio, path, lifeMs: 700, ending: 'polite', garbageRate: 0, messageRate: 0, deaf: null };
}

export function planOf(random: () => number): Plan {
  const twilio = random() < 0.5;
  const path =
    random() < 0.03 ? BAD_PATHS[Math.floor(random() * BAD_PATHS.length)]! : twilio ? TWILIO_PATH : NATIVE_PATH;
  return {
    twilio,
    path,
    lifeMs: random() < 0.08 ? random() * 40 : 300 + random() ** 2 * 7500,
    ending: ENDINGS[Math.floor(random() * ENDINGS.length)]!,
    garbageRate: random() < 0.2 ? 0.02 : 0,
    messageRate: random() < 0.3 ? 0.01 : 0,
    deaf: random() < 0.1 ? { afterMs: random() * 3000, forMs: 1000 + random() * 5000 } : null,
  };
}

/** One caller of the soak, from the connection to its end, whatever that is. `tick` comes every 20 ms. */
export class SoakCaller {
  readonly startedAt = performance.now();
  /** HTTP status of the upgrade; 0 until it is answered. */
  status = 0;
  /** What a refusal said why: the code in its body, or its status. */
  refusal: string | null = null;
  heardAudio = false;
  gone = false;
  private readonly socket: net.Socket;
  private readonly mask: Uint8Array;
  private readonly messages: TwilioMessages;
  private readonly playout = new PlayoutModel();
  private readonly reader = new FrameReader((opcode, payload) => this.onFrame(opcode, payload));
  private head = Buffer.alloc(0);
  private ended = false;
  private loudUntil = 0;
  private quietUntil = 0;
  private spoken = 0;
  private readonly plan: Plan;
  private readonly random: () => number;

  constructor(id: number, port: number, plan: Plan, random: () => number) {
    this.plan = plan;
    this.random = random;
    this.mask = Uint8Array.from({ length: 4 }, () => 1 + Math.floor(random() * 255));
    this.messages = new TwilioMessages(id, this.mask);
    this.socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (chunk) => this.onData(chunk));
    // A reset is one of the things that happen here.
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => (this.gone = true));
    this.socket.write(
      `GET ${plan.path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
  }

  tick(now: number): void {
    const age = now - this.startedAt;
    if (!this.ended && age >= this.plan.lifeMs) this.end();
    if (this.ended || this.gone || this.status !== 101) return;
    this.listenOrNot(age);
    if (this.random() < this.plan.garbageRate) this.socket.write(garbage(this.random, this.mask));
    if (this.random() < this.plan.messageRate) this.socket.write(this.message());
    for (const name of this.playout.takeDue(now)) this.socket.write(this.messages.mark(name));
    this.speak(now);
  }

  /** Whatever was planned: it is over now. */
  leave(): void {
    this.ended = true;
    this.socket.destroy();
  }

  private speak(now: number): void {
    if (now > this.quietUntil) {
      this.loudUntil = now + 200 + this.random() * 1500;
      this.quietUntil = this.loudUntil + 300 + this.random() * 4000;
    }
    const loud = now < this.loudUntil;
    if (this.plan.twilio) {
      this.socket.write(this.messages.media(loud));
      if (this.socket.writableLength > 0) this.messages.keepLastMedia();
    } else this.socket.write(clientFrame(BINARY, loud ? this.nextSpoken() : SILENT, this.mask));
  }

  private nextSpoken(): Uint8Array {
    return SPOKEN[this.spoken++ % SPOKEN.length]!;
  }

  private message(): Buffer {
    return this.plan.twilio
      ? twilioDigit(this.random, this.messages.streamSid, this.mask)
      : nativeMessage(this.random, this.mask);
  }

  private listenOrNot(age: number): void {
    const { deaf } = this.plan;
    if (!deaf) return;
    const isDeaf = age >= deaf.afterMs && age < deaf.afterMs + deaf.forMs;
    if (isDeaf && !this.socket.isPaused()) this.socket.pause();
    else if (!isDeaf && this.socket.isPaused()) this.socket.resume();
  }

  private end(): void {
    this.ended = true;
    const { ending, twilio } = this.plan;
    const isOpen = this.status === 101;
    if (ending === 'vanish' && isOpen) this.socket.pause();
    else if (ending === 'reset') this.socket.resetAndDestroy();
    else if (ending === 'half-close') this.socket.end();
    else if (ending === 'destroy' || !isOpen) this.socket.destroy();
    else {
      if (ending === 'polite')
        this.socket.write(
          twilio ? this.messages.stop() : clientFrame(OPCODE.text, Buffer.from('{"type":"end"}'), this.mask),
        );
      if (ending === 'close frame' || twilio)
        this.socket.write(clientFrame(OPCODE.close, Buffer.from([0x03, 0xe8]), this.mask));
      this.socket.resume();
    }
  }

  private onData(chunk: Buffer): void {
    if (this.status !== 0) return this.reader.push(chunk);
    this.head = Buffer.concat([this.head, chunk]);
    const end = this.head.indexOf('\r\n\r\n');
    if (end < 0) return;
    this.status = Number(this.head.toString('latin1', 9, 12));
    if (this.status !== 101) {
      this.refusal = /"code":"(\w+)"/.exec(this.head.toString('latin1', end))?.[1] ?? String(this.status);
      return void this.socket.destroy();
    }
    if (this.plan.twilio) {
      this.socket.write(this.messages.connected());
      this.socket.write(this.messages.start());
    }
    if (end + 4 < this.head.length) this.reader.push(this.head.subarray(end + 4));
  }

  private onFrame(opcode: number, payload: Buffer): void {
    if (this.ended && this.plan.ending === 'vanish') return;
    const now = performance.now();
    if (opcode === OPCODE.ping) this.socket.write(clientFrame(OPCODE.pong, payload, this.mask));
    else if (opcode === OPCODE.close) this.socket.end(clientFrame(OPCODE.close, payload.subarray(0, 2), this.mask));
    else if (opcode === BINARY) this.heardAudio = true;
    else if (opcode === OPCODE.text && this.plan.twilio) {
      if (findPayload(payload)) {
        this.heardAudio = true;
        this.playout.audio(now, 20);
        return;
      }
      const { event, mark } = JSON.parse(payload.toString()) as { event: string; mark?: { name: string } };
      if (event === 'mark' && mark) this.playout.mark(now, mark.name);
      else if (event === 'clear')
        for (const name of this.playout.clear(now)) this.socket.write(this.messages.mark(name));
    }
  }
}
