import type { AudioEncoding } from '../audio/codec.js';
import type { CloseCode } from '../kernel/close-codes.js';
import type { SessionEvent } from './session-events.js';

/** All that a conversation knows of the wire: what to send, and how the audio is to sound. */
export interface CallTransport {
  readonly encoding: AudioEncoding;
  /** Hz of the audio given to the session. */
  readonly inputRate: number;
  /** Hz of the audio that `sendAudio` takes. */
  readonly outputRate: number;
  /** Audio given to `sendAudio` that has not left this machine yet, ms; 0 while the client keeps up. */
  readonly backlogMs: number;
  /** None of these throws, also not when the client has gone. */
  send(event: SessionEvent): void;
  sendAudio(pcm: Int16Array): void;
  /**
   * Hands the caller over to somebody else: resolves when that has happened, rejects when the caller is still here.
   * Where there is none, the client is told, and does it itself.
   */
  transfer?(target: string, reason: string): Promise<void>;
  close(code: CloseCode, reason: string): void;
}
