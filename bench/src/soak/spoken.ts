import { readFileSync } from 'node:fs';
import path from 'node:path';
import { encodeMulaw } from '../load/mulaw.ts';
import { ROOT } from '../run/rows.ts';

const RECORDING = path.join(ROOT, 'test/fixtures/callers/alan-01-balance.wav');
const WIRE_RATE = 8000;
const FRAME_SAMPLES = 160;
const RATE_OFFSET = 24;
const FIRST_CHUNK = 12;
const CHUNK_HEAD = 8;

/** A sentence in frames of 20 ms, 8 kHz μ-law: a tone is no speech to a detector that knows the difference. */
export function spokenFrames(): Uint8Array[] {
  const wav = readFileSync(RECORDING);
  const pcm = pcmOf(wav);
  if (wav.readUInt32LE(RATE_OFFSET) !== WIRE_RATE) throw new Error(`${RECORDING} is not at ${WIRE_RATE} Hz`);
  return Array.from({ length: Math.floor(pcm.length / FRAME_SAMPLES) }, (_, i) =>
    encodeMulaw(pcm.subarray(i * FRAME_SAMPLES, (i + 1) * FRAME_SAMPLES)),
  );
}

/** The samples of a mono 16-bit WAV file (RIFF: chunks of four letters, length, content). */
function pcmOf(wav: Buffer): Int16Array {
  let at = FIRST_CHUNK;
  while (wav.toString('latin1', at, at + 4) !== 'data') {
    at += CHUNK_HEAD + wav.readUInt32LE(at + 4);
    if (at + CHUNK_HEAD > wav.length) throw new Error(`${RECORDING} has no audio`);
  }
  const bytes = wav.subarray(at + CHUNK_HEAD, at + CHUNK_HEAD + wav.readUInt32LE(at + 4));
  return Int16Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readInt16LE(i * 2));
}
