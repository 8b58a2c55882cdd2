import type { CallTransport } from '../../conversation/call-transport.js';
import type { SessionEvent } from '../../conversation/session-events.js';
import type { Clock } from '../../kernel/clock.js';
import type { CloseCode } from '../../kernel/close-codes.js';
import type { ClientSocket } from '../../voice/client-socket.js';
import { encodeBase64MuLaw, encodedLength } from './base64-mulaw.js';
import { type Playback, PlaybackMarks } from './playback-marks.js';

const SAMPLE_RATE = 8000;
const SAMPLES_PER_MS = SAMPLE_RATE / 1000;
const FRAME_MS = 20;
/** What WebSocket puts before a message of this length. */
const HEADER_BYTES = 4;

/** Twilio's wire protocol: audio as `media`, with marks; of all that happens in a conversation it is told only `clear`. */
export class TwilioTransport implements CallTransport {
  readonly encoding = 'mulaw';
  readonly inputRate = SAMPLE_RATE;
  readonly outputRate = SAMPLE_RATE;
  private readonly marks: PlaybackMarks;
  private readonly beforePayload: Buffer;
  private readonly afterPayload = Buffer.from('"}}', 'latin1');
  private readonly clearMessage: string;
  private readonly beforeMark: string;
  private readonly bytesPerMs: number;

  constructor(
    private readonly socket: ClientSocket,
    streamSid: string,
    clock: Clock,
    onPlayback: (playback: Playback) => void,
  ) {
    this.marks = new PlaybackMarks(clock, onPlayback);
    const stream = `"streamSid":${JSON.stringify(streamSid)}`;
    this.beforePayload = Buffer.from(`{"event":"media",${stream},"media":{"payload":"`, 'latin1');
    this.clearMessage = `{"event":"clear",${stream}}`;
    this.beforeMark = `{"event":"mark",${stream},"mark":{"name":`;
    const overhead = HEADER_BYTES + this.beforePayload.length + this.afterPayload.length;
    this.bytesPerMs = (overhead + encodedLength(FRAME_MS * SAMPLES_PER_MS)) / FRAME_MS;
  }

  get backlogMs(): number {
    return this.socket.unsentBytes / this.bytesPerMs;
  }

  send(event: SessionEvent): void {
    if (!this.socket.isOpen) return;
    switch (event.type) {
      case 'audio_stream_start':
        return this.marks.begin(event.generation_id);
      case 'audio_stream_stop':
        return this.sendMark(this.marks.finished());
      case 'audio_clear':
        this.marks.cleared(event.generation_id, event.heard_ms);
        return this.socket.sendText(this.clearMessage);
    }
  }

  sendAudio(pcm: Int16Array): void {
    if (!this.socket.isOpen) return;
    const { beforePayload, afterPayload } = this;
    const payloadEnd = beforePayload.length + encodedLength(pcm.length);
    const frame = Buffer.allocUnsafe(payloadEnd + afterPayload.length);
    frame.set(beforePayload, 0);
    encodeBase64MuLaw(pcm, frame, beforePayload.length);
    frame.set(afterPayload, payloadEnd);
    this.socket.sendText(frame);
    this.sendMark(this.marks.sent(pcm.length / SAMPLES_PER_MS));
  }

  /** Twilio has sent a mark back. */
  markCame(name: string): void {
    this.marks.cameBack(name);
  }

  /** The socket is closed, by whichever side. */
  stop(): void {
    this.marks.stop();
  }

  close(code: CloseCode, reason: string): void {
    this.marks.stop();
    this.socket.close(code, reason);
  }

  private sendMark(name: string | undefined): void {
    if (name !== undefined) this.socket.sendText(`${this.beforeMark}${JSON.stringify(name)}}}`);
  }
}
