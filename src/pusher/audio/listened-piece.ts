import { setImmediate as nextTurn } from 'node:timers/promises';
import { encodeMuLaw } from '../../audio/g711.js';
import { bytesOfPcm16 } from '../../audio/pcm16.js';
import { wavHeader } from '../../audio/wav.js';
import type { AudioBatch } from './audio-batch.js';

export type PieceFormat = 'pcm' | 'mulaw';

const FORMAT_MU_LAW = 7;

/** A WAV file, our side left and the customer right, or the one leg that there is. Calls go on while it is made. */
export async function encodeBatch(batch: AudioBatch, format: PieceFormat, skipFrames: number): Promise<Buffer> {
  const { sampleRate, channels } = batch;
  const frames = batch.frames - skipFrames;
  const header = format === 'pcm' ? wavHeader(sampleRate, channels, frames) : muLawHeader(sampleRate, channels, frames);
  const bytesPerFrame = channels * (format === 'pcm' ? 2 : 1);
  const file = Buffer.allocUnsafe(header.length + frames * bytesPerFrame);
  header.copy(file);
  for (let at = 0; at < frames; at += sampleRate) {
    const samples = batch.samples(skipFrames + at, skipFrames + Math.min(frames, at + sampleRate));
    const bytes = format === 'pcm' ? bytesOfPcm16(samples) : encodeMuLaw(samples);
    bytes.copy(file, header.length + at * bytesPerFrame);
    await nextTurn();
  }
  return file;
}

/** What is not PCM needs an extension of its format, and a chunk that says how much there is. */
function muLawHeader(sampleRate: number, channels: number, frames: number): Buffer {
  const header = Buffer.alloc(58);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(50 + frames * channels, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(18, 16);
  header.writeUInt16LE(FORMAT_MU_LAW, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * channels, 28);
  header.writeUInt16LE(channels, 32);
  header.writeUInt16LE(8, 34);
  header.write('fact', 38, 'latin1');
  header.writeUInt32LE(4, 42);
  header.writeUInt32LE(frames, 46);
  header.write('data', 50, 'latin1');
  header.writeUInt32LE(frames * channels, 54);
  return header;
}
