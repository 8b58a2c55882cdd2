import net from 'node:net';
import { Caller, type CallerScript } from './caller.ts';
import type { Measurements } from './measurements.ts';
import { PlayoutModel } from './playout-model.ts';
import { durationOf, findPayload, isLoud, TwilioMessages } from './twilio-messages.ts';
import { clientFrame, FrameReader, OPCODE } from './ws-frames.ts';

/** `said` is the body of a refusal, as far as it came with the head. */
export type UpgradeAnswer = { status: number; retryAfter: string | null; afterMs: number; said: string };

/** One Twilio media stream over a raw socket. Audio goes out when `tick` says so, never by a timer of its own. */
export class Call {
  /** WebSocket close code, 1006 without one; null while the call runs. */
  closeCode: number | null = null;
  /** From the answered upgrade to the server's close. */
  closedAfterMs = 0;
  private openedAt = 0;
  private open = false;
  private socket: net.Socket | null = null;
  private caller: Caller | null = null;
  private readonly mask: Uint8Array;
  private readonly messages: TwilioMessages;
  private readonly playout = new PlayoutModel();
  /** Scheduled times of the frames that an echoing server has not returned yet. */
  private readonly awaited: number[] = [];
  private echoLastAt = 0;
  private readonly reader = new FrameReader((opcode, payload) => this.onFrame(opcode, payload));
  private readonly script: CallerScript;
  private readonly seen: Measurements;

  constructor(id: number, script: CallerScript, seen: Measurements, random: () => number) {
    this.script = script;
    this.seen = seen;
    // Never zero: some servers skip the unmasking of a zero mask, which no real client sends.
    this.mask = Uint8Array.from({ length: 4 }, () => 1 + Math.floor(random() * 255));
    this.messages = new TwilioMessages(id, this.mask);
  }

  get isOpen(): boolean {
    return this.open;
  }

  /** Resolves with the server's answer to the upgrade, whatever it is; rejects when there is none. */
  connect(port: number, path: string, speakAfterMs: number, firstTurn: number): Promise<UpgradeAnswer> {
    const askedAt = performance.now();
    return new Promise((resolve, reject) => {
      const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
      this.socket = socket;
      let head = Buffer.alloc(0);
      const onHead = (chunk: Buffer): void => {
        head = Buffer.concat([head, chunk]);
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        socket.off('data', onHead);
        const text = head.toString('latin1', 0, end);
        const status = Number(text.slice(9, 12));
        if (status === 101) {
          this.begin(socket, speakAfterMs, firstTurn);
          if (end + 4 < head.length) this.reader.push(head.subarray(end + 4));
        } else socket.destroy();
        resolve({
          status,
          retryAfter: /^retry-after: *(.*?)\r?$/im.exec(text)?.[1] ?? null,
          afterMs: performance.now() - askedAt,
          said: status === 101 ? '' : head.toString('utf8', end + 4),
        });
      };
      socket.on('data', onHead);
      socket.on('error', reject);
      socket.on('close', () => {
        this.onClosed(1006);
        reject(new Error('the server closed the connection before it answered the upgrade'));
      });
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nUser-Agent: Twilio.TmeWs/1.0\r\n\r\n',
      );
    });
  }

  /** Sends the 20 ms that are due, and the marks that have been heard by now. */
  tick(due: number, now: number): void {
    const { socket, caller } = this;
    if (!this.open || !socket || !caller) return;
    for (const name of this.playout.takeDue(now)) socket.write(this.messages.mark(name));
    socket.write(this.messages.media(caller.frameAt(due)));
    if (socket.writableLength > 0) this.messages.keepLastMedia();
    if (this.script.kind === 'echo') this.awaited.push(due);
    if (this.seen.recording) {
      this.seen.counts.framesSent++;
      this.seen.lateness.add(now - due);
    }
  }

  stopReading(): void {
    this.socket?.pause();
  }

  readAgain(): void {
    this.socket?.resume();
  }

  /** As Twilio hangs up: `stop`, then a close. Resolves when the server has closed too, or after `limitMs`. */
  hangUp(limitMs: number): Promise<void> {
    const { socket } = this;
    if (!socket || socket.destroyed) return Promise.resolve();
    if (!this.open) {
      socket.destroy();
      return Promise.resolve();
    }
    this.open = false;
    socket.resume();
    socket.write(this.messages.stop());
    socket.write(clientFrame(OPCODE.close, Buffer.from([0x03, 0xe8]), this.mask));
    return new Promise((resolve) => {
      const timer = setTimeout(() => socket.destroy(), limitMs);
      socket.on('close', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private begin(socket: net.Socket, speakAfterMs: number, firstTurn: number): void {
    this.open = true;
    this.openedAt = performance.now();
    this.caller = new Caller(this.script, this.seen, performance.now() + speakAfterMs, firstTurn);
    socket.on('data', (chunk) => this.reader.push(chunk));
    if (this.script.kind === 'echo') return;
    socket.write(this.messages.connected());
    socket.write(this.messages.start());
  }

  /** Only the first reason counts, and only while we had not hung up. */
  private onClosed(code: number): void {
    if (!this.open) return;
    this.open = false;
    this.closeCode = code;
    this.closedAfterMs = performance.now() - this.openedAt;
  }

  private onFrame(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.text) this.onMessage(payload);
    else if (opcode === OPCODE.ping) this.socket?.write(clientFrame(OPCODE.pong, payload, this.mask));
    else if (opcode === OPCODE.close) {
      this.onClosed(payload.length >= 2 ? payload.readUInt16BE(0) : 1005);
      this.socket?.end(clientFrame(OPCODE.close, payload.subarray(0, 2), this.mask));
    }
  }

  private onMessage(message: Buffer): void {
    const now = performance.now();
    if (this.script.kind === 'echo') return this.onEcho(now);
    const payload = findPayload(message);
    if (payload) {
      const durationMs = durationOf(message, payload);
      this.playout.audio(now, durationMs);
      if (this.seen.recording) this.seen.counts.framesReceived++;
      this.caller?.onAudio(now, durationMs, () => isLoud(message, payload));
      return;
    }
    const { event, mark } = JSON.parse(message.toString()) as { event: string; mark?: { name: string } };
    if (event === 'mark' && mark) this.playout.mark(now, mark.name);
    else if (event === 'clear') {
      this.caller?.onClear(now);
      for (const name of this.playout.clear(now)) this.socket?.write(this.messages.mark(name));
    }
  }

  private onEcho(now: number): void {
    const sentAt = this.awaited.shift();
    if (this.seen.recording) {
      this.seen.counts.framesReceived++;
      if (sentAt !== undefined) this.seen.roundTrip.add(now - sentAt);
      if (this.echoLastAt > 0) this.seen.gap.add(now - this.echoLastAt - 20);
    }
    this.echoLastAt = now;
  }
}
