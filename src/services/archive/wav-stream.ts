import { ParleyError } from '../../kernel/errors.js';
import { readWav } from '../../audio/wav.js';
import { archiveFailed } from './audio-archive.js';

/** Until where the samples of a file must have begun. */
const LONGEST_HEADER = 4096;
/** Not known yet when the header was written. */
const UNKNOWN_LENGTH = 0xffffffff;

export interface WavFormat {
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  /** Samples of one channel. */
  readonly frames: number;
}

interface Header {
  /** All before the samples. */
  readonly bytes: Buffer;
  readonly bytesPerFrame: number;
  readonly dataBytes: number;
}

/** A WAV file that is read from its beginning on, without ever being in memory as a whole. */
export class WavStream {
  private constructor(
    readonly format: WavFormat,
    private readonly header: Header,
    private readonly begun: Buffer,
    private readonly rest: AsyncIterator<Uint8Array>,
  ) {}

  /** Rejects with `store_failed` if it is none. @param fileBytes of the whole file */
  static async open(file: AsyncIterable<Uint8Array>, fileBytes: number): Promise<WavStream> {
    const parts = file[Symbol.asyncIterator]();
    let begun = Buffer.alloc(0);
    for (;;) {
      const next = await parts.next();
      if (!next.done) begun = Buffer.concat([begun, next.value]);
      const header = headerIn(begun, fileBytes);
      if (header) {
        const { sampleRate, channels } = readFormat(header.bytes);
        const frames = Math.floor(header.dataBytes / header.bytesPerFrame);
        const format = { sampleRate, channels: channels.length === 1 ? 1 : 2, frames } as const;
        return new WavStream(format, header, begun.subarray(header.bytes.length), parts);
      }
      if (next.done || begun.length > LONGEST_HEADER) {
        await parts.return?.();
        throw archiveFailed('a file is not a recording', false);
      }
    }
  }

  /** The samples of each channel from a frame on, some at a time. Once only. @param to a frame, not included */
  async *samples(from: number, to: number): AsyncGenerator<readonly Int16Array[]> {
    const { bytesPerFrame } = this.header;
    let waiting = this.begun;
    let at = 0;
    try {
      while (at < to) {
        const first = Math.max(0, Math.min(from - at, Math.floor(waiting.length / bytesPerFrame)));
        const frames = Math.min(Math.floor(waiting.length / bytesPerFrame), to - at);
        if (frames > first) yield this.decode(waiting.subarray(first * bytesPerFrame, frames * bytesPerFrame));
        at += frames;
        waiting = waiting.subarray(frames * bytesPerFrame);
        if (at >= to) return;
        const next = await this.rest.next();
        if (next.done) throw archiveFailed('a file is shorter than it should be', true);
        waiting = Buffer.concat([waiting, next.value]);
      }
    } finally {
      await this.close();
    }
  }

  /** Unless it was read. */
  async close(): Promise<void> {
    await this.rest.return?.();
  }

  private decode(bytes: Uint8Array): readonly Int16Array[] {
    // A file of these samples only: it is cut short.
    return readWav(Buffer.concat([this.header.bytes, bytes])).channels;
  }
}

function readFormat(header: Buffer): ReturnType<typeof readWav> {
  try {
    return readWav(header);
  } catch (error) {
    if (error instanceof ParleyError) throw archiveFailed(error.message, false, error);
    throw error;
  }
}

/** Undefined if the samples do not begin in it. */
function headerIn(begun: Buffer, fileBytes: number): Header | undefined {
  let bytesPerFrame = 0;
  for (let at = 12; at + 8 <= begun.length;) {
    const id = begun.toString('latin1', at, at + 4);
    const declared = begun.readUInt32LE(at + 4);
    if (id === 'fmt ' && at + 22 <= begun.length) bytesPerFrame = begun.readUInt16LE(at + 20);
    if (id === 'data' && bytesPerFrame > 0) {
      const bytes = begun.subarray(0, at + 8);
      const there = fileBytes - bytes.length;
      const isUnknown = declared === UNKNOWN_LENGTH || declared === 0;
      return { bytes, bytesPerFrame, dataBytes: isUnknown ? there : Math.min(declared, there) };
    }
    at += 8 + declared + (declared & 1);
  }
  return undefined;
}
