/**
 * Mono PCM16, little-endian, as the wire and files carry it. The views made here share memory with their source:
 * whoever keeps samples beyond the current call copies them.
 */

/** The bytes of `pcm`, without a copy. */
export function bytesOfPcm16(pcm: Int16Array): Buffer {
  return Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength);
}

/** The whole samples in `bytes`; a view where the alignment allows it, a copy otherwise. An odd last byte is ignored. */
export function pcm16OfBytes(bytes: Uint8Array): Int16Array {
  const length = bytes.byteLength >> 1;
  if (bytes.byteOffset % 2 === 0) return new Int16Array(bytes.buffer, bytes.byteOffset, length);
  const samples = new Int16Array(length);
  new Uint8Array(samples.buffer).set(bytes.subarray(0, length * 2));
  return samples;
}

/** Reads PCM16 from frames that may end in the middle of a sample: the half is kept for the next frame. */
export class Pcm16Reader {
  private pendingByte = -1;

  read(bytes: Uint8Array): Int16Array {
    if (bytes.byteLength === 0 || (this.pendingByte < 0 && bytes.byteLength % 2 === 0)) return pcm16OfBytes(bytes);
    const carried = this.pendingByte < 0 ? 0 : 1;
    const available = carried + bytes.byteLength;
    const samples = new Int16Array(available >> 1);
    const target = new Uint8Array(samples.buffer);
    if (target.length > 0) {
      if (carried) target[0] = this.pendingByte;
      target.set(bytes.subarray(0, target.length - carried), carried);
    }
    this.pendingByte = available % 2 === 0 ? -1 : bytes[bytes.byteLength - 1]!;
    return samples;
  }
}

/** Rounds to the nearest sample value and saturates. */
export function toSample(value: number): number {
  const rounded = Math.round(value);
  return rounded > 32767 ? 32767 : rounded < -32768 ? -32768 : rounded;
}
