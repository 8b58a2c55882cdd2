/** Bytes as they come, and as they are wanted. */
export class ByteQueue {
  private readonly parts: Uint8Array[] = [];
  private waiting = 0;

  get length(): number {
    return this.waiting;
  }

  /** Not to be changed afterwards. */
  push(part: Uint8Array): void {
    this.parts.push(part);
    this.waiting += part.length;
  }

  /** The first of them. @param length at most as many as there are */
  take(length: number): Buffer {
    const taken: Uint8Array[] = [];
    for (let missing = length; missing > 0;) {
      const part = this.parts[0]!;
      taken.push(part.subarray(0, missing));
      if (part.length > missing) this.parts[0] = part.subarray(missing);
      else this.parts.shift();
      missing -= Math.min(missing, part.length);
    }
    this.waiting -= length;
    const [only] = taken;
    return taken.length === 1 && only ? Buffer.from(only.buffer, only.byteOffset, only.length) : Buffer.concat(taken);
  }
}
