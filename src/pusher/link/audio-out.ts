import { AUDIO_HEADER_BYTES, encodeToPusher } from './frames.js';
import type { AudioRange } from './lost-ranges.js';
import type { ReadyFrame } from './pusher-connection.js';
import { UnkeptAudio } from './unkept-audio.js';

/** Audio is for the archive, which is in no hurry: it goes in frames of about this length. */
const FRAME_MS = 200;

/** The audio of a link, and which conversation it belongs to, as frames in the order in which they must arrive. */
export class AudioOut {
  private readonly unkept: UnkeptAudio;
  private readonly gatherBytes: number;
  private readonly channels: 1 | 2;
  private current = '';
  /** What the pusher was told on this connection; undefined: nothing. */
  private announced: string | undefined;
  private wanted = true;
  private windowBytes = 0;
  private mostBytes = 0;
  /** Also the end of it, which is shorter than a frame. */
  private flushing = false;

  constructor(
    format: { readonly sampleRate: number; readonly channels: 1 | 2 },
    budgetBytes: number,
    onLost: (range: AudioRange) => void,
  ) {
    this.channels = format.channels;
    this.gatherBytes = (format.sampleRate * 2 * format.channels * FRAME_MS) / 1000;
    this.unkept = new UnkeptAudio(format, budgetBytes, onLost);
  }

  /** Memory that it takes. */
  get bytes(): number {
    return this.unkept.bytes;
  }

  /** Nothing waits to be archived, and the pusher knows that no more comes. */
  get isEmpty(): boolean {
    return this.unkept.isEmpty;
  }

  /** Empty: none. */
  setConversation(conversationId: string): void {
    this.current = conversationId;
    this.flush();
  }

  /** False if it cannot be audio of a conversation. */
  append(startMs: number, pcm: Int16Array): boolean {
    if (this.current === '' || !(startMs >= 0 && startMs < 8.64e15) || pcm.length % this.channels !== 0) return false;
    if (this.wanted) this.unkept.append(this.current, startMs, pcm);
    return true;
  }

  /** From now on what follows is sent at once, until all is. */
  flush(): void {
    this.flushing = true;
  }

  keep(conversationId: string, untilMs: number): void {
    this.unkept.keep(conversationId, untilMs);
  }

  /** On a new connection, which knows nothing. */
  begin({ audio, audioWindowBytes }: ReadyFrame, maxFrameBytes: number): void {
    this.announced = undefined;
    this.wanted = audio;
    this.windowBytes = audioWindowBytes;
    this.mostBytes = maxFrameBytes - AUDIO_HEADER_BYTES;
    if (!audio) this.unkept.clear();
    this.flush();
  }

  /** The connection is gone. */
  rewind(): void {
    this.unkept.rewind();
  }

  tellLost(): void {
    this.unkept.tellLost();
  }

  giveUp(): void {
    this.unkept.giveUp();
  }

  /** Those that are to be sent now, as long as there is room for them. */
  *frames(hasRoom: () => boolean): Generator<Buffer> {
    while (hasRoom() && this.unkept.onItsWayBytes < this.windowBytes) {
      const chunk = this.unkept.next(this.flushing ? 1 : this.gatherBytes, this.mostBytes);
      if (!chunk) {
        this.flushing = false;
        if (this.announced !== this.current && (this.announced !== undefined || this.current !== ''))
          yield this.announce(this.current);
        return;
      }
      if (chunk.conversationId !== this.announced) yield this.announce(chunk.conversationId);
      yield encodeToPusher({ type: 'audio', startMs: chunk.startMs, pcm: chunk.pcm });
    }
  }

  private announce(conversationId: string): Buffer {
    this.announced = conversationId;
    return encodeToPusher({ type: 'conversation', conversationId });
  }
}
