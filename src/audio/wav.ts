import { ParleyError } from '../kernel/errors.js';
import { decodeALaw, decodeMuLaw } from './g711.js';
import { bytesOfPcm16, pcm16OfBytes } from './pcm16.js';

export interface WavAudio {
  /** Hz. */
  readonly sampleRate: number;
  /** One or two, of the same length. */
  readonly channels: readonly Int16Array[];
}

const FORMAT_PCM = 1;
const FORMAT_A_LAW = 6;
const FORMAT_MU_LAW = 7;
const FORMAT_EXTENSIBLE = 0xfffe;
/** The data chunk's length in a file that was still being written: recorders that stream leave 0 or this. */
const UNKNOWN_LENGTH = 0xffffffff;

/**
 * Reads a WAV file: PCM16, mu-law or A-law, mono or stereo. A file cut short gives the samples it has.
 * @throws ParleyError `invalid_parameter` that says what is wrong with it.
 */
export function readWav(bytes: Uint8Array): WavAudio {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < 12 || file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') {
    throw invalid('it does not begin with a RIFF/WAVE header');
  }
  let format: WavFormat | undefined;
  for (let offset = 12; offset + 8 <= file.length;) {
    const id = file.toString('latin1', offset, offset + 4);
    const declared = file.readUInt32LE(offset + 4);
    const start = offset + 8;
    if (id === 'fmt ') format = readFormat(file.subarray(start, start + declared));
    if (id === 'data') {
      if (!format) throw invalid('its data stand before its format');
      const isUnknown = declared === UNKNOWN_LENGTH || declared === 0;
      return readSamples(format, file.subarray(start, isUnknown ? file.length : start + declared));
    }
    // Chunks are padded to an even length.
    offset = start + declared + (declared & 1);
  }
  throw invalid('it has no data chunk');
}

/** A PCM16 file. @throws ParleyError `invalid_parameter` unless there are one or two channels of the same length. */
export function writeWav(audio: WavAudio): Buffer {
  const [left, right] = audio.channels;
  const count = audio.channels.length;
  if (!left || count > 2) throw invalid(`it would have ${count} channels, not one or two`);
  if (right && right.length !== left.length) throw invalid('its channels would differ in length');
  return Buffer.concat([
    wavHeader(audio.sampleRate, count, left.length),
    bytesOfPcm16(right ? interleave(left, right) : left),
  ]);
}

/** The 44 bytes before `frames` samples of each channel. */
export function wavHeader(sampleRate: number, channels: number, frames: number): Buffer {
  const bytesPerFrame = channels * 2;
  const dataLength = frames * bytesPerFrame;
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + dataLength, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(FORMAT_PCM, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * bytesPerFrame, 28);
  header.writeUInt16LE(bytesPerFrame, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(dataLength, 40);
  return header;
}

interface WavFormat {
  readonly channels: number;
  readonly sampleRate: number;
  readonly decode: (bytes: Uint8Array) => Int16Array;
}

function readFormat(chunk: Buffer): WavFormat {
  if (chunk.length < 16) throw invalid('its format chunk is too short');
  const tag = chunk.readUInt16LE(0);
  const isExtensible = tag === FORMAT_EXTENSIBLE && chunk.length >= 26;
  const encoding = isExtensible ? chunk.readUInt16LE(24) : tag;
  const channels = chunk.readUInt16LE(2);
  const sampleRate = chunk.readUInt32LE(4);
  const bits = chunk.readUInt16LE(14);
  if (channels !== 1 && channels !== 2) throw invalid(`it has ${channels} channels, not one or two`);
  if (sampleRate === 0) throw invalid('its sample rate is 0');
  if (encoding === FORMAT_PCM && bits === 16) return { channels, sampleRate, decode: pcm16OfBytes };
  if (encoding === FORMAT_MU_LAW && bits === 8) return { channels, sampleRate, decode: (data) => decodeMuLaw(data) };
  if (encoding === FORMAT_A_LAW && bits === 8) return { channels, sampleRate, decode: (data) => decodeALaw(data) };
  throw invalid(`it has encoding ${encoding} with ${bits} bits, not PCM with 16 bits, mu-law or A-law`);
}

function readSamples({ channels, sampleRate, decode }: WavFormat, data: Buffer): WavAudio {
  const samples = decode(data);
  // Copies, so that the samples do not keep the file in memory or change with it.
  if (channels === 1) return { sampleRate, channels: [Int16Array.from(samples)] };
  const frames = samples.length >> 1;
  const left = new Int16Array(frames);
  const right = new Int16Array(frames);
  for (let i = 0; i < frames; i++) {
    left[i] = samples[2 * i]!;
    right[i] = samples[2 * i + 1]!;
  }
  return { sampleRate, channels: [left, right] };
}

function interleave(left: Int16Array, right: Int16Array): Int16Array {
  const both = new Int16Array(left.length * 2);
  for (let i = 0; i < left.length; i++) {
    both[2 * i] = left[i]!;
    both[2 * i + 1] = right[i]!;
  }
  return both;
}

function invalid(detail: string): ParleyError {
  return new ParleyError('invalid_parameter', `not a usable WAV file: ${detail}`);
}
