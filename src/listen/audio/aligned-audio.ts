export interface AlignedAudioParts {
  /** Hz. */
  readonly sampleRate: number;
  readonly legs: 1 | 2;
  /** In order of time. Samples of the legs alternate; `pcm` is not used again. @param atMs session ms */
  readonly onAudio: (atMs: number, pcm: Int16Array) => void;
  /** Audio that came when its time was over. Session ms. */
  readonly onLate: (leg: number, fromMs: number, toMs: number) => void;
}

interface Block {
  readonly pcm: Int16Array;
  /** What of it is audio of any leg, in samples of one leg. */
  from: number;
  to: number;
}

/** All rates can be divided by it. */
const BLOCKS_PER_SECOND = 5;
/** So long a leg is waited for; audio waits for less than that to get its place. */
const PATIENCE_MS = 2000;
/** A client that sends one leg faster than it was said does not fill the memory. */
const MOST_AHEAD_MS = 5000;

/** Lays the legs of a call side by side, by the session's clock; where a leg is missing there is silence. */
export class AlignedAudio {
  private readonly blockLength: number;
  private readonly blocks = new Map<number, Block>();
  /** Those before it are out. */
  private next = 0;
  /** Where the audio of each leg ends, in samples. */
  private readonly ends: number[];

  constructor(private readonly parts: AlignedAudioParts) {
    this.blockLength = parts.sampleRate / BLOCKS_PER_SECOND;
    this.ends = Array.from({ length: parts.legs }, () => 0);
  }

  /** @param leg from 0 @param atMs session ms of the first sample. Copied. */
  write(leg: number, atMs: number, pcm: Int16Array): void {
    const start = Math.round((atMs * this.parts.sampleRate) / 1000);
    const end = start + pcm.length;
    const late = Math.min(end, this.next * this.blockLength);
    if (late > start) this.parts.onLate(leg, this.toMs(start), this.toMs(late));
    for (let at = Math.max(start, late); at < end;) {
      const number = Math.floor(at / this.blockLength);
      const first = number * this.blockLength;
      const to = Math.min(end, first + this.blockLength);
      this.put(number, leg, at - first, pcm.subarray(at - start, to - start));
      at = to;
    }
    this.ends[leg] = Math.max(this.ends[leg]!, end);
  }

  /** Gives out what is complete, and what has been waited for long enough. */
  advance(nowMs: number): void {
    const now = (nowMs * this.parts.sampleRate) / 1000;
    const everybody = Math.min(...this.ends);
    const somebody = Math.max(...this.ends);
    const patience = (PATIENCE_MS * this.parts.sampleRate) / 1000;
    const ahead = (MOST_AHEAD_MS * this.parts.sampleRate) / 1000;
    this.giveOut(Math.max(everybody, now - patience, somebody - ahead));
  }

  /** Gives out all that there is. */
  flush(): void {
    this.giveOut(Infinity);
  }

  private giveOut(until: number): void {
    const numbers = [...this.blocks.keys()].sort((a, b) => a - b);
    for (const number of numbers) {
      if ((number + 1) * this.blockLength > until) return;
      const { pcm, from, to } = this.blocks.get(number)!;
      this.blocks.delete(number);
      this.next = number + 1;
      const { legs } = this.parts;
      const atMs = this.toMs(number * this.blockLength + from);
      this.parts.onAudio(atMs, pcm.subarray(from * legs, to * legs));
    }
  }

  private put(number: number, leg: number, at: number, pcm: Int16Array): void {
    const { legs } = this.parts;
    let block = this.blocks.get(number);
    if (!block) {
      block = { pcm: new Int16Array(this.blockLength * legs), from: this.blockLength, to: 0 };
      this.blocks.set(number, block);
    }
    for (let index = 0; index < pcm.length; index++) block.pcm[(at + index) * legs + leg] = pcm[index]!;
    block.from = Math.min(block.from, at);
    block.to = Math.max(block.to, at + pcm.length);
  }

  private toMs(samples: number): number {
    return (samples * 1000) / this.parts.sampleRate;
  }
}
