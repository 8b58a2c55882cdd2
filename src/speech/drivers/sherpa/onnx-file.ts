import { open, type FileHandle } from 'node:fs/promises';

/** A file that cannot be what it should be; the message says why, without the name of the file. */
export class FileProblem extends Error {}

/** Field numbers of ONNX's ModelProto and StringStringEntryProto. */
const IR_VERSION = 1;
const GRAPH = 7;
const METADATA = 14;
const KEY = 1;
const VALUE = 2;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** Beyond that it is no metadata of a speech model. */
const MAX_METADATA_BYTES = 10_000_000;
const LONGEST_VARINT = 10;

/**
 * What a model says of itself. Reads the outermost fields only, so that a file of gigabytes costs nothing.
 * @throws FileProblem when it is no ONNX model, or not all of one
 */
export async function readOnnxMetadata(path: string): Promise<ReadonlyMap<string, string>> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    await refuseStandIn(file, size);
    return await readModel(file, size);
  } finally {
    await file.close();
  }
}

/** @throws FileProblem when the file is what is often found in a model's place */
export async function refuseStandIn(file: FileHandle, size: number): Promise<void> {
  if (size === 0) throw new FileProblem('is empty');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
  const start = buffer.toString('latin1', 0, bytesRead).trimStart().toLowerCase();
  if (start.startsWith('version https://git-lfs'))
    throw new FileProblem('is a pointer of Git LFS, not the file itself: fetch it with `git lfs pull`');
  if (/^<(!doctype|html|\?xml)/.test(start))
    throw new FileProblem('is a web page, not a model: the download got an error page or the page about the file');
  if (start.startsWith('pk\x03\x04') || start.startsWith('bzh') || start.startsWith('\x1f\x8b'))
    throw new FileProblem('is an archive: unpack it');
}

async function readModel(file: FileHandle, size: number): Promise<Map<string, string>> {
  const metadata = new Map<string, string>();
  let hasVersion = false;
  let hasGraph = false;
  for (let at = 0; at < size;) {
    const head = Buffer.alloc(2 * LONGEST_VARINT);
    const { bytesRead } = await file.read(head, 0, head.length, at);
    const reader = new FieldReader(head.subarray(0, bytesRead));
    const { field, type } = reader.tag();
    // Every ONNX model begins with its version.
    if (at === 0 && field !== IR_VERSION) throw new FileProblem('is not an ONNX model');
    const length = type === BYTES ? reader.varint() : reader.skip(type);
    const content = at + reader.position;
    at = content + (type === BYTES ? length : 0);
    if (at > size)
      throw new FileProblem(`is cut off: it has ${size} bytes and should have ${at} at least; fetch it again`);
    if (field === IR_VERSION) hasVersion = true;
    if (field === GRAPH) hasGraph = true;
    if (field === METADATA && type === BYTES && length < MAX_METADATA_BYTES) {
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, content);
      const [key, value] = keyAndValue(buffer);
      metadata.set(key, value);
    }
  }
  if (!hasVersion || !hasGraph) throw new FileProblem('is not an ONNX model');
  return metadata;
}

function keyAndValue(entry: Buffer): [string, string] {
  const texts: [string, string] = ['', ''];
  const reader = new FieldReader(entry);
  while (!reader.isAtEnd) {
    const { field, type } = reader.tag();
    if (type !== BYTES) {
      reader.skip(type);
      continue;
    }
    const text = reader.text(reader.varint());
    if (field === KEY) texts[0] = text;
    if (field === VALUE) texts[1] = text;
  }
  return texts;
}

/** Protocol buffers' wire format. */
class FieldReader {
  position = 0;

  constructor(private readonly bytes: Buffer) {}

  get isAtEnd(): boolean {
    return this.position >= this.bytes.length;
  }

  tag(): { readonly field: number; readonly type: number } {
    const tag = this.varint();
    return { field: Math.floor(tag / 8), type: tag % 8 };
  }

  varint(): number {
    let value = 0;
    for (let i = 0; i < LONGEST_VARINT; i++) {
      const byte = this.bytes[this.position++];
      if (byte === undefined) throw new FileProblem('is cut off, or is not an ONNX model');
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw new FileProblem('is not an ONNX model');
  }

  /** Passes over a value that has no length of its own. */
  skip(type: number): number {
    if (type === VARINT) return this.varint();
    if (type !== FIXED64 && type !== FIXED32) throw new FileProblem('is not an ONNX model');
    this.position += type === FIXED64 ? 8 : 4;
    return 0;
  }

  text(length: number): string {
    const end = this.position + length;
    if (end > this.bytes.length) throw new FileProblem('is not an ONNX model');
    const text = this.bytes.toString('utf8', this.position, end);
    this.position = end;
    return text;
  }
}
