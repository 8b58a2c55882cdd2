/** The client's half of RFC 6455, as little of it as a load generator needs: no fragments, no extensions. */

export const OPCODE = { text: 0x1, close: 0x8, ping: 0x9, pong: 0xa } as const;

/** A masked frame, as every client frame must be (RFC 6455 §5.3). `payload` is not changed. */
export function clientFrame(opcode: number, payload: Uint8Array, mask: Uint8Array): Buffer {
  const { length } = payload;
  const header = length < 126 ? 2 : 4;
  const frame = Buffer.allocUnsafe(header + 4 + length);
  frame[0] = 0x80 | opcode;
  if (header === 2) frame[1] = 0x80 | length;
  else {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(length, 2);
  }
  frame.set(mask, header);
  const start = header + 4;
  for (let i = 0; i < length; i++) frame[start + i] = payload[i]! ^ mask[i & 3]!;
  return frame;
}

type OnFrame = (opcode: number, payload: Buffer) => void;

/** Cuts a TCP stream into the server's frames. A payload is a view that is only valid during the call. */
export class FrameReader {
  private rest: Buffer | null = null;
  private readonly onFrame: OnFrame;

  constructor(onFrame: OnFrame) {
    this.onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    let data = chunk;
    if (this.rest) {
      data = Buffer.concat([this.rest, chunk]);
      this.rest = null;
    }
    let at = 0;
    while (data.length - at >= 2) {
      const short = data[at + 1]! & 0x7f;
      const header = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (data.length - at < header) break;
      const length =
        short === 126 ? data.readUInt16BE(at + 2) : short === 127 ? Number(data.readBigUInt64BE(at + 2)) : short;
      if (data.length - at < header + length) break;
      const start = at + header;
      at = start + length;
      this.onFrame(data[start - header]! & 0x0f, data.subarray(start, at));
    }
    if (at < data.length) this.rest = data.subarray(at);
  }
}
