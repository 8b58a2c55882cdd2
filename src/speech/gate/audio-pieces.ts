/** A stretch of a leg's audio without a break. */
export interface AudioPiece {
  readonly pcm: Int16Array;
  /** Of the first sample, on the leg's time line. */
  readonly startMs: number;
  /** It does not follow what came before it. */
  readonly breaks: boolean;
}

/** Audio that waits, in order, and knows where it belongs. */
export class AudioPieces {
  private readonly pieces: AudioPiece[] = [];
  private count = 0;

  /** @param sampleRate Hz. */
  constructor(private readonly sampleRate: number) {}

  get samples(): number {
    return this.count;
  }

  get durationMs(): number {
    return (this.count * 1000) / this.sampleRate;
  }

  push(piece: AudioPiece): void {
    if (piece.pcm.length === 0) return;
    this.pieces.push(piece);
    this.count += piece.pcm.length;
  }

  /** The oldest, `samples` together, or all there are. */
  take(samples = this.count): AudioPiece[] {
    const taken: AudioPiece[] = [];
    for (let missing = samples; missing > 0 && this.count > 0;) {
      const oldest = this.pieces[0]!;
      const length = Math.min(missing, oldest.pcm.length);
      taken.push(length === oldest.pcm.length ? oldest : { ...oldest, pcm: oldest.pcm.subarray(0, length) });
      this.dropFromFirst(length);
      missing -= length;
    }
    return taken;
  }

  /** Forgets all but the last `samples`. */
  keepLast(samples: number): void {
    while (this.count > samples) {
      this.dropFromFirst(Math.min(this.count - samples, this.pieces[0]!.pcm.length));
    }
  }

  private dropFromFirst(length: number): void {
    const first = this.pieces[0]!;
    this.count -= length;
    if (length === first.pcm.length) this.pieces.shift();
    else {
      const startMs = first.startMs + (length * 1000) / this.sampleRate;
      this.pieces[0] = { pcm: first.pcm.subarray(length), startMs, breaks: false };
    }
  }
}
