import type { CallTransport } from '../../conversation/call-transport.js';
import type { SessionEvent } from '../../conversation/session-events.js';
import type { CloseCode } from '../../kernel/close-codes.js';
import type { ClientSocket } from '../../voice/client-socket.js';
import { AUDIO_MESSAGE_OVERHEAD, STOP_AUDIO, audioMessage } from './acs-messages.js';

const FRAME_MS = 20;
/** What WebSocket puts before a message of this length. */
const HEADER_BYTES = 4;

export interface AcsCallControl {
  /** Resolves when the caller is somebody else's; rejects when they are still ours. */
  transfer(target: string): Promise<void>;
  /** The session is over: the call is to be, too. */
  hangUp(): void;
}

/**
 * The media stream of Azure Communication Services: audio in JSON; of all that happens in a conversation it is told only
 * to drop what it has not played. It does not say what it has played.
 */
export class AcsTransport implements CallTransport {
  readonly encoding = 'pcm16';
  readonly inputRate: number;
  readonly outputRate: number;
  private readonly bytesPerMs: number;

  constructor(
    private readonly socket: ClientSocket,
    sampleRate: number,
    private readonly control: AcsCallControl,
  ) {
    this.inputRate = this.outputRate = sampleRate;
    const audioBytes = Math.ceil((sampleRate * 2 * FRAME_MS) / 1000 / 3) * 4;
    this.bytesPerMs = (HEADER_BYTES + AUDIO_MESSAGE_OVERHEAD + audioBytes) / FRAME_MS;
  }

  get backlogMs(): number {
    return this.socket.unsentBytes / this.bytesPerMs;
  }

  send(event: SessionEvent): void {
    if (event.type === 'audio_clear' && this.socket.isOpen) this.socket.sendText(STOP_AUDIO);
  }

  sendAudio(pcm: Int16Array): void {
    if (this.socket.isOpen) this.socket.sendText(audioMessage(pcm));
  }

  transfer(target: string): Promise<void> {
    return this.control.transfer(target);
  }

  close(code: CloseCode, reason: string): void {
    this.control.hangUp();
    this.socket.close(code, reason);
  }
}
