import type { WebSocket } from 'ws';
import { type AudioEncoder, bytesPerSample, createEncoder } from '../audio/codec.js';
import type { CallTransport } from '../conversation/call-transport.js';
import type { SessionEvent } from '../conversation/session-events.js';
import type { Clock } from '../kernel/clock.js';
import type { CloseCode } from '../kernel/close-codes.js';
import { ClientSocket } from './client-socket.js';
import type { VoiceParameters } from './voice-parameters.js';

/** The native wire protocol on a `ws` socket: JSON text frames for events, binary frames for audio. */
export class NativeTransport implements CallTransport {
  readonly encoding;
  readonly inputRate;
  readonly outputRate;
  private readonly socket: ClientSocket;
  private readonly encoder: AudioEncoder;
  private readonly bytesPerMs: number;

  constructor(socket: WebSocket, parameters: VoiceParameters, clock: Clock) {
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
    if (this.socket.isOpen) this.socket.sendBinary(this.encoder.encode(pcm));
  }

  close(code: CloseCode, reason: string): void {
    this.socket.close(code, reason);
  }
}
