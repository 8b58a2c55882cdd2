import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Resampler } from '../../audio/resampler.js';
import { bytesOfPcm16 } from '../../audio/pcm16.js';
import { wavHeader } from '../../audio/wav.js';
import { ParleyError } from '../../kernel/errors.js';
import { type ArchivedAudio, type ArchivedContent, archiveFailed } from './audio-archive.js';
import { timesOfPiece } from './piece-name.js';
import {
  type Coverage,
  type Section,
  type TimedPiece,
  type Timeline,
  coverageOf,
  timelineOf,
} from './recording-timeline.js';
import { type WavFormat, WavStream } from './wav-stream.js';

const BYTES_PER_FRAME = 4;
/** A WAV file cannot say that it is longer. */
const MOST_BYTES = 0xffffffff - 44;
const SILENCE = Buffer.alloc(64 * 1024);
const READ_AT_ONCE = 8;
const MOST_REMEMBERED = 10_000;

/** A piece as it is listed, with what is in it where that is known. */
export interface ListedPiece {
  readonly audio: ArchivedAudio;
  /** Undefined if it cannot be read, or is no piece. */
  readonly timed: TimedPiece | undefined;
  /** Why it cannot be read: the key may be missing, or it is not a recording at all. */
  readonly problem: ParleyError | undefined;
}

export interface WholeRecording {
  readonly pieces: readonly ListedPiece[];
  readonly coverage: Coverage;
  /** Of the file that `read` gives; 0 if there is nothing to be heard. */
  readonly bytes: number;
  /** Why it is not to be read: a key is missing, and what is encrypted with it would be silent. */
  readonly locked: ParleyError | undefined;
  /** Changes with what is in it. */
  readonly version: string;
  /**
   * The whole conversation from its beginning on as a WAV file, PCM16, our side (of a call with an agent of ours: the caller)
   * left, or a part of that file. Throws `unsupported` if it is too long.
   * @param end not included
   */
  read(start: number, end: number): Readable;
}

export interface RecordingSource {
  list(tenant: string, conversationId: string): Promise<ArchivedAudio[]>;
  open(tenant: string, conversationId: string, name: string): Promise<ArchivedContent | undefined>;
}

/** Puts together what is archived of conversations. */
export class WholeRecordings {
  /** By file; those that were used last come last. */
  private readonly formats = new Map<string, WavFormat>();

  constructor(private readonly source: RecordingSource) {}

  /** Rejects with `store_failed`. */
  async find(tenant: string, conversationId: string): Promise<WholeRecording> {
    const listed = await this.source.list(tenant, conversationId);
    const pieces: ListedPiece[] = [];
    for (let at = 0; at < listed.length; at += READ_AT_ONCE) {
      const some = listed.slice(at, at + READ_AT_ONCE);
      pieces.push(...(await Promise.all(some.map((audio) => this.look(tenant, conversationId, audio)))));
    }
    const timeline = timelineOf(pieces.flatMap(({ timed }) => timed ?? []));
    const bytes = timeline.frames === 0 ? 0 : 44 + timeline.frames * BYTES_PER_FRAME;
    const version = createHash('sha256').update(JSON.stringify(listed)).digest('base64url').slice(0, 22);
    const locked = pieces.find((piece) => piece.problem?.code === 'key_missing')?.problem;
    const open = (name: string): Promise<WavStream> => this.open(tenant, conversationId, name);
    return {
      pieces,
      coverage: coverageOf(timeline),
      bytes,
      version,
      locked,
      read: (start, end) => {
        if (bytes > MOST_BYTES)
          throw new ParleyError('unsupported', 'It is too long for one file; its pieces can be had');
        return Readable.from(part(timeline, open, start, end), { objectMode: false });
      },
    };
  }

  private async look(tenant: string, conversationId: string, audio: ArchivedAudio): Promise<ListedPiece> {
    const times = timesOfPiece(audio.name);
    if (!times) return { audio, timed: undefined, problem: undefined };
    try {
      const format = await this.formatOf(tenant, conversationId, audio);
      return { audio, timed: { ...format, name: audio.name, startMs: times.startMs }, problem: undefined };
    } catch (error) {
      if (!(error instanceof ParleyError) || error.retryable) throw error;
      return { audio, timed: undefined, problem: error };
    }
  }

  private async formatOf(tenant: string, conversationId: string, audio: ArchivedAudio): Promise<WavFormat> {
    const key = JSON.stringify([tenant, conversationId, audio]);
    const known = this.formats.get(key);
    this.formats.delete(key);
    const format = known ?? (await this.readFormat(tenant, conversationId, audio.name));
    this.formats.set(key, format);
    const [oldest] = this.formats.keys();
    if (this.formats.size > MOST_REMEMBERED && oldest !== undefined) this.formats.delete(oldest);
    return format;
  }

  private async readFormat(tenant: string, conversationId: string, name: string): Promise<WavFormat> {
    const wav = await this.open(tenant, conversationId, name);
    await wav.close();
    return wav.format;
  }

  private async open(tenant: string, conversationId: string, name: string): Promise<WavStream> {
    const content = await this.source.open(tenant, conversationId, name);
    // It was removed in the meantime.
    if (!content) throw archiveFailed('a file is not there any more', true);
    return await WavStream.open(content.stream as AsyncIterable<Uint8Array>, content.bytes);
  }
}

/** Bytes of the file, from one to another. */
async function* part(
  timeline: Timeline,
  open: (name: string) => Promise<WavStream>,
  start: number,
  end: number,
): AsyncGenerator<Buffer> {
  const header = wavHeader(timeline.sampleRate, 2, timeline.frames);
  const headerPart = header.subarray(Math.min(start, 44), Math.min(end, 44));
  if (headerPart.length > 0) yield headerPart;
  const [first, last] = [Math.max(0, start - 44), end - 44];
  // Of the first and the last frame only a part may be wanted.
  let skip = first % BYTES_PER_FRAME;
  let left = last - first;
  const frames = framesOf(timeline, open, Math.floor(first / BYTES_PER_FRAME), Math.ceil(last / BYTES_PER_FRAME));
  for await (const bytes of left > 0 ? frames : []) {
    const wanted = bytes.subarray(skip, skip + left);
    skip = 0;
    left -= wanted.length;
    yield wanted;
  }
}

/** Frames of the whole, from one to another. */
async function* framesOf(
  { sections, sampleRate }: Timeline,
  open: (name: string) => Promise<WavStream>,
  first: number,
  last: number,
): AsyncGenerator<Buffer> {
  let at = first;
  for (const section of sections) {
    if (section.to <= at) continue;
    if (section.from >= last) break;
    yield* silence(Math.min(section.from, last) - at);
    at = Math.max(at, section.from);
    const to = Math.min(section.to, last);
    yield* heard(section, await open(section.piece.name), sampleRate, at, to);
    at = to;
  }
  yield* silence(last - at);
}

function* silence(frames: number): Generator<Buffer> {
  for (let left = frames * BYTES_PER_FRAME; left > 0; left -= SILENCE.length) yield SILENCE.subarray(0, left);
}

/** What is heard of a piece, in frames of the whole. */
async function* heard(
  { piece, pieceAt }: Section,
  wav: WavStream,
  sampleRate: number,
  from: number,
  to: number,
): AsyncGenerator<Buffer> {
  const [skip, end] = [from - pieceAt, to - pieceAt];
  if (piece.sampleRate === sampleRate) {
    for await (const channels of wav.samples(skip, end)) yield interleaved(channels, 0, channels[0]!.length);
    return;
  }
  // What comes out depends on what went in before.
  const resamplers = [new Resampler(piece.sampleRate, sampleRate), new Resampler(piece.sampleRate, sampleRate)];
  let at = 0;
  for await (const channels of wav.samples(0, piece.frames)) {
    const converted = channels.map((pcm, channel) => resamplers[channel]!.process(pcm));
    const { length } = converted[0]!;
    const [a, b] = [Math.max(0, skip - at), Math.min(length, end - at)];
    if (b > a) yield interleaved(converted, a, b);
    at += length;
    if (at >= end) return;
  }
}

/** Of one channel both sides are the same. */
function interleaved([left, right = left]: readonly Int16Array[], from: number, to: number): Buffer {
  const both = new Int16Array(2 * (to - from));
  for (let i = from, o = 0; i < to; i++) {
    both[o++] = left![i]!;
    both[o++] = right![i]!;
  }
  return bytesOfPcm16(both);
}
