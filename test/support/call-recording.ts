import { readFile } from 'node:fs/promises';
import { readWav, writeWav } from '../../src/audio/wav.js';

const RATE = 8000;

/** Seconds of silence, or a recording of a caller on one of the lines: 0 left, 1 right. */
export type CallPart = number | readonly [line: 0 | 1, name: string];

/** A file with one part after the other, each line on a channel of its own. */
export async function callRecording(
  lines: 1 | 2,
  parts: readonly CallPart[],
): Promise<{ wav: Buffer; seconds: number }> {
  const sides: number[][] = Array.from({ length: lines }, () => []);
  for (const part of parts) {
    const [line, pcm] = typeof part === 'number' ? [0, new Int16Array(part * RATE)] : [part[0], await caller(part[1])];
    for (const [side, samples] of sides.entries()) for (const sample of pcm) samples.push(side === line ? sample : 0);
  }
  const channels = sides.map((samples) => Int16Array.from(samples));
  return { wav: writeWav({ sampleRate: RATE, channels }), seconds: channels[0]!.length / RATE };
}

async function caller(name: string): Promise<Int16Array> {
  const file = await readFile(new URL(`../fixtures/callers/${name}.wav`, import.meta.url));
  const { sampleRate, channels } = readWav(file);
  if (sampleRate !== RATE) throw new Error(`${name} has ${sampleRate} Hz, not ${RATE}`);
  return channels[0]!;
}
