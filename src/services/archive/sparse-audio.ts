/** Mono PCM16 of a fixed length that is silent where nothing was written; silence takes no memory. */
export class SparseAudio {
  private readonly blocks: (Int16Array | undefined)[];

  /** @param length samples @param blockSamples memory is taken in blocks of so many */
  constructor(
    readonly length: number,
    readonly blockSamples: number,
  ) {
    this.blocks = Array.from({ length: Math.ceil(length / blockSamples) }, () => undefined);
  }

  /** What does not fit is left out. @param at sample, from 0 */
  write(at: number, pcm: Int16Array): void {
    const end = Math.min(this.length, at + pcm.length);
    for (let from = at; from < end;) {
      const index = Math.floor(from / this.blockSamples);
      const start = index * this.blockSamples;
      const to = Math.min(end, start + this.blockSamples);
      const block = (this.blocks[index] ??= new Int16Array(this.blockSamples));
      block.set(pcm.subarray(from - at, to - at), from - start);
      from = to;
    }
  }

  /** Makes the rest silent. @param from sample, from 0 */
  eraseFrom(from: number): void {
    const first = Math.floor(from / this.blockSamples);
    this.blocks[first]?.fill(0, from - first * this.blockSamples);
    this.blocks.fill(undefined, first + 1);
  }

  /** The samples of a block; undefined if they are silent. Not to be changed. */
  block(index: number): Int16Array | undefined {
    return this.blocks[index];
  }

  get silent(): boolean {
    return this.blocks.every((block) => block === undefined);
  }
}
