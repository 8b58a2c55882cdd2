import { type AudioRange, LostRanges, SAME_TIME_MS, follows } from './lost-ranges.js';

/** Audio without a gap lies together in pieces of this size: half a second of two legs at 16 kHz. */
const PIECE_BYTES = 32 * 1024;

interface Piece {
  readonly conversationId: string;
  /** Of the first byte, Unix milliseconds. */
  readonly startMs: number;
  bytes: Buffer;
  length: number;
  /** Before this it is archived. */
  kept: number;
  /** Before this it was sent, on the connection that there is. */
  sent: number;
}

export interface AudioChunk {
  readonly conversationId: string;
  readonly startMs: number;
  /** PCM16. */
  readonly pcm: Buffer;
}

/** The audio of a link from when it comes until it is archived, in the order in which it came; with a limit, beyond which the oldest goes. */
export class UnkeptAudio {
  private pieces: Piece[] = [];
  /** What was sent, and had to make room before it was archived: whether it is lost is not known. */
  private doubtful: AudioRange[] = [];
  /** No piece before this one has anything that was not sent. */
  private cursor = 0;
  private allocated = 0;
  private readonly lost: LostRanges;
  private readonly blockBytes: number;
  private readonly bytesPerMs: number;

  constructor(
    format: { readonly sampleRate: number; readonly channels: 1 | 2 },
    private readonly budgetBytes: number,
    /** Hears of what will not be archived. */
    onLost: (range: AudioRange) => void,
  ) {
    this.blockBytes = 2 * format.channels;
    this.bytesPerMs = (format.sampleRate * this.blockBytes) / 1000;
    this.lost = new LostRanges(onLost);
  }

  /** Memory that it takes. */
  get bytes(): number {
    return this.allocated;
  }

  get lostMs(): number {
    return this.lost.totalMs;
  }

  /** Audio that was sent on this connection and is not archived yet, as far as is known. */
  get onItsWayBytes(): number {
    return (
      this.pieces.reduce((sum, piece) => sum + piece.sent - piece.kept, 0) +
      this.doubtful.reduce((sum, { fromMs, toMs }) => sum + Math.round((toMs - fromMs) * this.bytesPerMs), 0)
    );
  }

  get isEmpty(): boolean {
    return this.pieces.length === 0 && this.doubtful.length === 0;
  }

  /** @param pcm whole samples of all channels. */
  append(conversationId: string, startMs: number, pcm: Int16Array): void {
    const given = Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength);
    for (let from = 0; from < given.length;) {
      const piece = this.pieceFor(conversationId, startMs + from / this.bytesPerMs, given.length - from);
      const copied = given.copy(piece.bytes, piece.length, from);
      piece.length += copied;
      from += copied;
      this.makeRoom();
    }
  }

  /** The next audio to be sent, which counts as sent from now on. Undefined if there is less than `least` of what is not complete yet. */
  next(leastBytes: number, mostBytes: number): AudioChunk | undefined {
    const last = this.pieces.length - 1;
    while (this.cursor < last && unsent(this.pieces[this.cursor]!) === 0) this.cursor++;
    const piece = this.pieces[this.cursor];
    if (!piece || unsent(piece) === 0) return undefined;
    if (this.cursor === last && unsent(piece) < Math.min(leastBytes, mostBytes)) return undefined;
    const from = piece.sent;
    const size = Math.min(unsent(piece), mostBytes - (mostBytes % this.blockBytes));
    piece.sent += size;
    return {
      conversationId: piece.conversationId,
      startMs: this.timeAt(piece, from),
      pcm: piece.bytes.subarray(from, piece.sent),
    };
  }

  /** All of the conversation up to there is archived. */
  keep(conversationId: string, untilMs: number): void {
    const until = untilMs + SAME_TIME_MS / 2;
    for (const piece of this.pieces) {
      if (piece.conversationId !== conversationId) continue;
      const samples = Math.round(((untilMs - piece.startMs) * this.bytesPerMs) / this.blockBytes);
      // What was not sent cannot have been archived, whatever the time.
      piece.kept = Math.max(piece.kept, Math.min(piece.sent, samples * this.blockBytes));
    }
    this.doubtful = this.doubtful.flatMap((range) => {
      if (range.conversationId !== conversationId || untilMs <= range.fromMs) return range;
      return range.toMs <= until ? [] : { ...range, fromMs: untilMs };
    });
    this.replace(this.pieces.filter((piece) => piece.kept < piece.length));
  }

  /** The connection is gone: everything is to be sent again, and what cannot be is lost. */
  rewind(): void {
    for (const range of this.doubtful) this.lost.add(range);
    this.doubtful = [];
    this.lost.flush();
    for (const piece of this.pieces) piece.sent = piece.kept;
    this.cursor = 0;
  }

  /** It is not wanted. */
  clear(): void {
    this.doubtful = [];
    this.replace([]);
  }

  /** There is no more time for what is left. */
  giveUp(): void {
    for (const range of this.doubtful) this.lost.add(range);
    for (const piece of this.pieces) this.lost.add(this.rangeOf(piece, piece.kept, piece.length));
    this.lost.flush();
    this.clear();
  }

  /** Tells what was lost without waiting for more. */
  tellLost(): void {
    this.lost.flush();
  }

  private pieceFor(conversationId: string, startMs: number, bytes: number): Piece {
    const last = this.pieces.at(-1);
    const here = { conversationId, fromMs: startMs, toMs: startMs };
    if (last && last.length < PIECE_BYTES && follows(this.rangeOf(last, 0, last.length), here)) {
      if (last.length === last.bytes.length) this.grow(last);
      return last;
    }
    const piece = {
      conversationId,
      startMs,
      bytes: Buffer.allocUnsafeSlow(Math.min(bytes, PIECE_BYTES)),
      length: 0,
      kept: 0,
      sent: 0,
    };
    this.allocated += piece.bytes.length;
    this.pieces.push(piece);
    return piece;
  }

  /** Where a second frame follows without a gap, more will. */
  private grow(piece: Piece): void {
    const bytes = Buffer.allocUnsafeSlow(PIECE_BYTES);
    piece.bytes.copy(bytes, 0, 0, piece.length);
    this.allocated += bytes.length - piece.bytes.length;
    piece.bytes = bytes;
  }

  private makeRoom(): void {
    while (this.allocated > this.budgetBytes && this.pieces.length > 1) {
      const oldest = this.pieces.shift()!;
      this.allocated -= oldest.bytes.length;
      this.cursor = Math.max(0, this.cursor - 1);
      if (oldest.sent > oldest.kept) this.doubt(oldest);
      if (oldest.length > oldest.sent) this.lost.add(this.rangeOf(oldest, oldest.sent, oldest.length));
    }
  }

  private doubt(piece: Piece): void {
    const range = this.rangeOf(piece, piece.kept, piece.sent);
    const before = this.doubtful.at(-1);
    if (before && follows(before, range)) this.doubtful[this.doubtful.length - 1] = { ...before, toMs: range.toMs };
    else this.doubtful.push(range);
  }

  private replace(pieces: Piece[]): void {
    this.pieces = pieces;
    this.cursor = 0;
    this.allocated = pieces.reduce((sum, piece) => sum + piece.bytes.length, 0);
  }

  private rangeOf(piece: Piece, from: number, to: number): AudioRange {
    return {
      conversationId: piece.conversationId,
      fromMs: this.timeAt(piece, from),
      toMs: this.timeAt(piece, to),
    };
  }

  private timeAt(piece: Piece, byte: number): number {
    return piece.startMs + byte / this.bytesPerMs;
  }
}

function unsent(piece: Piece): number {
  return piece.length - piece.sent;
}
