/** A loudspeaker: plays what has arrived, one frame at a time, and silence when there is nothing. */
export class Player {
  private queue: Int16Array[] = [];
  private readonly track: Int16Array[] = [];

  constructor(private readonly frameSamples: number) {}

  /** Audio that has arrived but is not played yet, in samples. */
  get buffered(): number {
    return this.queue.reduce((sum, part) => sum + part.length, 0);
  }

  add(pcm: Int16Array): void {
    this.queue.push(pcm);
  }

  /** Forgets what is not played yet. */
  clear(): void {
    this.queue = [];
  }

  /** Plays the next frame. */
  tick(): void {
    const frame = new Int16Array(this.frameSamples);
    let filled = 0;
    while (filled < frame.length && this.queue.length > 0) {
      const part = this.queue[0]!;
      const used = Math.min(part.length, frame.length - filled);
      frame.set(part.subarray(0, used), filled);
      filled += used;
      if (used === part.length) this.queue.shift();
      else this.queue[0] = part.subarray(used);
    }
    this.track.push(frame);
  }

  played(): Int16Array {
    const whole = new Int16Array(this.track.length * this.frameSamples);
    this.track.forEach((frame, index) => whole.set(frame, index * this.frameSamples));
    return whole;
  }
}
