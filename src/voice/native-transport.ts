import type { WebSocket } from 'ws';
import { type AudioEncoder, bytesPerSample, createEncoder } from '../audio/codec.js';
import type { CallTransport } from '../conversation/call-transport.js';
import type { SessionEvent } from '../conversation/session-events.js';
import type { Clock } from '../kernel/clock.js';
import { CloseCode } from '../kernel/close-codes.js';
import { ClientSocket } from './client-socket.js';
import type { VoiceParameters } from './voice-parameters.js';

/** This much unsent audio for this long means that the client does not keep up. */
const SLOW_CLIENT_BACKLOG_MS = 2000;
const SLOW_CLIENT_MS = 5000;

/** The native wire protocol on a `ws` socket: JSON text frames for events, binary frames for audio. */
export class NativeTransport implements CallTransport {
  readonly encoding;
  readonly inputRate;
  readonly outputRate;
  private readonly socket: ClientSocket;
  private readonly encoder: AudioEncoder;
  private readonly bytesPerMs: number;
  private slowSince: number | undefined;

  constructor(
    socket: WebSocket,
    parameters: VoiceParameters,
    private readonly clock: Clock,
  ) {
    this.socket = new ClientSocket(socket, clock);
    this.encoding = parameters.encoding;
    this.inputRate = parameters.sampleRate;
    this.outputRate = parameters.outSampleRate;
    this.encoder = createEncoder(parameters.encoding);
    this.bytesPerMs = (parameters.outSampleRate * bytesPerSample[parameters.encoding]) / 1000;
  }

  get backlogMs(): number {
    return this.socket.unsentBytes / this.bytesPerMs;
  }

  send(event: SessionEvent): void {
    if (this.socket.isOpen) this.socket.sendText(JSON.stringify(event));
  }

  sendAudio(pcm: Int16Array): void {
    if (!this.socket.isOpen || this.tooSlow()) return;
    this.socket.sendBinary(this.encoder.encode(pcm));
  }

  close(code: CloseCode, reason: string): void {
    this.socket.close(code, reason);
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
