import { buffer } from 'node:stream/consumers';
import { readWav } from '../../audio/wav.js';
import { timesOfPiece } from '../../services/archive/piece-name.js';
import type { Recordings } from '../../services/archive/recordings.js';
import { VOICE_RATE, voiceAudio } from '../../speech/speakers/voice-audio.js';
import type { SamplePlan, Stretch } from './sample-plan.js';

/** Of a stretch; where a sample or two is missing at a seam it is there all the same. */
const WHOLE = 0.98;

interface Piece {
  readonly name: string;
  readonly startMs: number;
  /** Where it surely ends, for what comes twice is cut differently. */
  readonly endMs: number;
}

interface Wanted extends Stretch {
  readonly pcm: Int16Array;
  readonly isThere: Uint8Array;
}

/** Recordings of conversations, of which only some moments are wanted. */
export type SampleSource = Pick<Recordings, 'list' | 'open'>;

/**
 * The stretches of a plan one after the other, as far as they are archived; those of which a part is missing are left out.
 * Reads the files that they are in, and of those with both legs the one that is wanted. Rejects with `store_failed`.
 * @returns at VOICE_RATE
 */
export async function sampleAudio(
  recordings: SampleSource,
  tenant: string,
  conversationId: string,
  { stretches, leg }: SamplePlan,
): Promise<Int16Array> {
  const wanted = stretches.map(({ fromMs, toMs }): Wanted => {
    const length = samplesIn(toMs - fromMs);
    return { fromMs, toMs, pcm: new Int16Array(length), isThere: new Uint8Array(length) };
  });
  const pieces = piecesOf((await recordings.list(tenant, conversationId)).map(({ name }) => name));
  for (const { name, startMs, endMs } of pieces) {
    const within = wanted.filter(({ fromMs, toMs }) => fromMs < endMs && startMs < toMs);
    const content = within.length > 0 ? await recordings.open(tenant, conversationId, name) : undefined;
    if (!content) continue;
    const { channels, sampleRate } = readWav(await buffer(content.stream));
    const pcm = channels[leg === 'customer' ? channels.length - 1 : 0]!;
    for (const stretch of within) await copy(pcm, sampleRate, startMs, stretch);
  }
  const whole = wanted.filter(({ isThere }) => isThere.reduce((sum, is) => sum + is, 0) >= WHOLE * isThere.length);
  const sample = new Int16Array(whole.reduce((sum, { pcm }) => sum + pcm.length, 0));
  let at = 0;
  for (const { pcm } of whole) {
    sample.set(pcm, at);
    at += pcm.length;
  }
  return sample;
}

function piecesOf(names: readonly string[]): Piece[] {
  const found = names.flatMap((name) => {
    const times = timesOfPiece(name);
    return times ? [{ name, ...times }] : [];
  });
  const sorted = found.sort((a, b) => a.startMs - b.startMs);
  return sorted.map((piece, index) => ({ ...piece, endMs: piece.endMs ?? sorted[index + 2]?.startMs ?? Infinity }));
}

/** @param pieceMs where `pcm` begins */
async function copy(pcm: Int16Array, sampleRate: number, pieceMs: number, stretch: Wanted): Promise<void> {
  const positionOf = (ms: number): number => Math.round(((ms - pieceMs) * sampleRate) / 1000);
  const from = Math.max(0, positionOf(stretch.fromMs));
  const to = Math.min(pcm.length, positionOf(stretch.toMs));
  if (from >= to) return;
  const part = await voiceAudio(pcm.subarray(from, to), sampleRate);
  const at = Math.max(0, samplesIn(pieceMs + (from * 1000) / sampleRate - stretch.fromMs));
  const fitting = part.subarray(0, stretch.pcm.length - at);
  stretch.pcm.set(fitting, at);
  stretch.isThere.fill(1, at, at + fitting.length);
}

function samplesIn(ms: number): number {
  return Math.round((ms * VOICE_RATE) / 1000);
}
