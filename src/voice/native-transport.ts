import type { WebSocket } from 'ws';
import { type AudioEncoder, bytesPerSample, createEncoder } from '../audio/codec.js';
import type { CallTransport } from '../conversation/call-transport.js';
import type { SessionEvent } from '../conversation/session-events.js';
import type { Clock, Timer } from '../kernel/clock.js';
import { CloseCode } from '../kernel/close-codes.js';
import type { VoiceParameters } from './voice-parameters.js';

/** This much unsent audio for this long means that the client does not keep up. */
const SLOW_CLIENT_BACKLOG_MS = 2000;
const SLOW_CLIENT_MS = 5000;
const MAX_BUFFERED_BYTES = 1024 * 1024;
/** How long a client may take to answer our close frame. */
const CLOSE_GRACE_MS = 2000;

/** The native wire protocol on a `ws` socket: JSON text frames for events, binary frames for audio. */
export class NativeTransport implements CallTransport {
  readonly encoding;
  readonly inputRate;
  readonly outputRate;
  private readonly encoder: AudioEncoder;
  private readonly bytesPerMs: number;
  private slowSince: number | undefined;
  private grace: Timer | undefined;

  constructor(
    private readonly socket: WebSocket,
    parameters: VoiceParameters,
    private readonly clock: Clock,
  ) {
    this.encoding = parameters.encoding;
    this.inputRate = parameters.sampleRate;
    this.outputRate = parameters.outSampleRate;
    this.encoder = createEncoder(parameters.encoding);
    this.bytesPerMs = (parameters.outSampleRate * bytesPerSample[parameters.encoding]) / 1000;
  }

  get backlogMs(): number {
    return this.socket.bufferedAmount / this.bytesPerMs;
  }

  send(event: SessionEvent): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    this.socket.send(JSON.stringify(event));
    // Messages are not dropped; a client that does not read them is.
    if (this.socket.bufferedAmount > MAX_BUFFERED_BYTES) this.close(CloseCode.SlowClient, 'the client does not read');
  }

  sendAudio(pcm: Int16Array): void {
    if (this.socket.readyState !== this.socket.OPEN || this.tooSlow()) return;
    this.socket.send(this.encoder.encode(pcm), { binary: true });
  }

  close(code: CloseCode, reason: string): void {
    if (this.grace || this.socket.readyState === this.socket.CLOSED) return;
    this.socket.close(code, reason);
    this.grace = this.clock.setTimeout(() => this.socket.terminate(), CLOSE_GRACE_MS);
    this.socket.once('close', () => this.grace?.cancel());
  }

  private tooSlow(): boolean {
    if (this.backlogMs <= SLOW_CLIENT_BACKLOG_MS) {
      this.slowSince = undefined;
      return false;
    }
    this.slowSince ??= this.clock.now();
    if (this.clock.now() - this.slowSince >= SLOW_CLIENT_MS)
      this.close(CloseCode.SlowClient, 'the client does not keep up');
    return true;
  }
}
