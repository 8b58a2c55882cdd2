import { setImmediate as nextTurn } from 'node:timers/promises';
import { bytesOfPcm16 } from '../../audio/pcm16.js';
import { Resampler } from '../../audio/resampler.js';
import { wavHeader } from '../../audio/wav.js';
import { nameOfPiece } from './piece-name.js';
import type { SparseAudio } from './sparse-audio.js';

/** A stretch of a recorded call, the audio of both in blocks of the same duration. */
export interface RecordedPiece {
  readonly tenant: string;
  readonly conversationId: string;
  /** Since the start of the call. */
  readonly startMs: number;
  readonly durationMs: number;
  /** Hz of the caller's audio, and of the recording. */
  readonly sampleRate: number;
  readonly caller: SparseAudio;
  /** Hz. */
  readonly agentRate: number;
  readonly agent: SparseAudio;
}

const BYTES_PER_FRAME = 4;

/** Names of the pieces of a call, in order of time: the milliseconds since its start. */
export function pieceName({ startMs }: RecordedPiece): string {
  return nameOfPiece(Math.round(startMs));
}

function framesOf({ durationMs, sampleRate }: RecordedPiece): number {
  return Math.round((durationMs * sampleRate) / 1000);
}

/** Of its file, without the header. */
export function bytesOfPiece(piece: RecordedPiece): number {
  return framesOf(piece) * BYTES_PER_FRAME;
}

/** A WAV file, the caller left and the agent right. Calls go on in between: one block is converted at a time. */
export async function encodePiece(piece: RecordedPiece): Promise<Buffer> {
  const { sampleRate, caller, agent, agentRate } = piece;
  const frames = framesOf(piece);
  const header = wavHeader(sampleRate, 2, frames);
  const file = Buffer.alloc(header.length + frames * BYTES_PER_FRAME);
  header.copy(file);
  const resampler = agentRate === sampleRate ? undefined : new Resampler(agentRate, sampleRate);
  const silence = new Int16Array(agent.blockSamples);
  const { blockSamples } = caller;
  for (let block = 0, at = 0; at < frames; block++, at += blockSamples) {
    const said = agent.block(block);
    const right = resampler ? resampler.process(said ?? silence) : said;
    const both = interleaved(caller.block(block), right, Math.min(blockSamples, frames - at));
    bytesOfPcm16(both).copy(file, header.length + at * BYTES_PER_FRAME);
    await nextTurn();
  }
  return file;
}

function interleaved(left: Int16Array | undefined, right: Int16Array | undefined, length: number): Int16Array {
  const both = new Int16Array(2 * length);
  if (left) for (let i = 0; i < length; i++) both[2 * i] = left[i]!;
  if (right) for (let i = 0; i < length; i++) both[2 * i + 1] = right[i]!;
  return both;
}
