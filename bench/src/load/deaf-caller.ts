import net from 'node:net';
import { tone } from './mulaw.ts';
import { clientFrame, FrameReader, OPCODE } from './ws-frames.ts';

const BINARY = 0x2;
const RATE = 48_000;
const FRAME_MS = 20;
const SPEECH_MS = 800;
/** 96 KB/s in each direction: six times that of a telephone line in JSON, so that buffers fill sooner. */
const PATH = `/api/v1/voice/ws?encoding=pcm16&sample_rate=${RATE}&out_sample_rate=${RATE}`;
const MASK = Uint8Array.of(7, 77, 177, 27);

const frameOf = (pcm: Int16Array): Buffer =>
  clientFrame(BINARY, new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength), MASK);
const LOUD = frameOf(tone(300, FRAME_MS, RATE));
const SILENT = frameOf(new Int16Array((RATE * FRAME_MS) / 1000));

/** A native caller who says one thing and goes on sending silence, but reads nothing of the answer. */
export class DeafCaller {
  /** The code in the server's close frame; 1006 when the connection ended without one, null while it is there. */
  closeCode: number | null = null;
  private readonly socket: net.Socket;
  private readonly reader = new FrameReader((opcode, payload) => {
    if (opcode === OPCODE.close) this.closeCode ??= payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
  });
  private sentMs = 0;
  private timer: NodeJS.Timeout | null = null;

  private constructor(socket: net.Socket) {
    this.socket = socket;
  }

  /** Resolves once the server has let it in and it has stopped reading. */
  static async connect(port: number): Promise<DeafCaller> {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    const caller = new DeafCaller(socket);
    socket.write(
      `GET ${PATH} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.once('data', (head) => {
        const status = head.toString('latin1', 9, 12);
        if (status !== '101') return reject(new Error(`the server answers ${status} to a native client`));
        const end = head.indexOf('\r\n\r\n') + 4;
        if (end < head.length) caller.reader.push(head.subarray(end));
        resolve();
      });
    });
    caller.begin();
    return caller;
  }

  /** By which the server knows it. */
  get port(): number | undefined {
    return this.socket.localPort;
  }

  /** To see what the server has said last. */
  readAgain(): void {
    this.socket.resume();
  }

  leave(): void {
    if (this.timer) clearInterval(this.timer);
    this.socket.destroy();
  }

  private begin(): void {
    this.socket.pause();
    this.socket.on('data', (chunk) => this.reader.push(chunk));
    this.socket.on('close', () => {
      this.closeCode ??= 1006;
      if (this.timer) clearInterval(this.timer);
    });
    this.timer = setInterval(() => {
      this.socket.write(this.sentMs < SPEECH_MS ? LOUD : SILENT);
      this.sentMs += FRAME_MS;
    }, FRAME_MS);
  }
}
