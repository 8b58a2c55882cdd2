/** Above this share files are made shorter, so that there is room again. */
const TIGHT = 0.75;

/** How much audio all links of a pusher together may have that is not safe yet. */
export class AudioMemory {
  private used = 0;

  constructor(private readonly limitBytes: number) {}

  get bytes(): number {
    return this.used;
  }

  get isTight(): boolean {
    return this.used > this.limitBytes * TIGHT;
  }

  /** False if there is no room for it. */
  take(bytes: number): boolean {
    if (this.used + bytes > this.limitBytes) return false;
    this.used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.used -= bytes;
  }
}
