/** The audio of an utterance until somebody has understood it; of a very long one, the end. */
export class KeptAudio {
  private readonly chunks: Int16Array[] = [];
  private samples = 0;
  private lost = 0;

  constructor(
    private readonly sampleRate: number,
    private readonly maxMs: number,
  ) {}

  /** Of all that was pushed. */
  get durationMs(): number {
    return ((this.samples + this.lost) * 1000) / this.sampleRate;
  }

  /** What is not here any more, at the beginning. */
  get lostMs(): number {
    return (this.lost * 1000) / this.sampleRate;
  }

  /** Copies. */
  push(pcm: Int16Array): void {
    this.chunks.push(pcm.slice());
    this.samples += pcm.length;
    while (this.chunks.length > 1 && (this.samples * 1000) / this.sampleRate > this.maxMs) {
      const oldest = this.chunks.shift()!;
      this.samples -= oldest.length;
      this.lost += oldest.length;
    }
  }

  *[Symbol.iterator](): Generator<Int16Array> {
    yield* this.chunks;
  }
}
