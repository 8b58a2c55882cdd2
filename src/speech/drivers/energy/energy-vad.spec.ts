import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { readWav } from '../../../audio/wav.js';
import { EnergyVad } from './energy-vad.js';

const fixture = (file: string): Int16Array =>
  readWav(readFileSync(new URL(`../../../../test/fixtures/callers/${file}`, import.meta.url))).channels[0]!;

/** Probabilities for 20 ms windows at 8 kHz. */
function detect(pcm: Int16Array, chunkLength: number): number[] {
  const probabilities: number[] = [];
  const stream = new EnergyVad().open(8000, (probability, endMs) => {
    probabilities.push(probability);
    expect(endMs).toBe(probabilities.length * 20);
  });
  for (let offset = 0; offset < pcm.length; offset += chunkLength)
    stream.write(pcm.subarray(offset, offset + chunkLength));
  stream.close();
  return probabilities;
}

const noise = (amplitude: number, length: number): Int16Array =>
  Int16Array.from({ length }, (_, i) => amplitude * Math.sin(i * i * 0.37));

describe('energy VAD', () => {
  it('hears speech and not the silence around it', () => {
    const pcm = new Int16Array(32_000);
    const speech = fixture('alan-06-stolen.wav');
    pcm.set(speech, 8000);
    const probabilities = detect(pcm, 160);
    const spoken = probabilities.slice(50 + 15, 50 + 75);
    expect(probabilities.slice(0, 50).every((p) => p < 0.1)).toBe(true);
    expect(spoken.filter((p) => p > 0.5).length / spoken.length).toBeGreaterThan(0.7);
    expect(probabilities.slice(-10).every((p) => p < 0.1)).toBe(true);
  });

  it('gets used to steady noise, and hears speech above it', () => {
    const background = noise(300, 8000 * 4);
    const speech = fixture('alan-06-stolen.wav');
    const pcm = background.map((sample, i) => sample + (speech[i - 16_000] ?? 0));
    const probabilities = detect(pcm, 160);
    expect(probabilities.slice(10, 100).every((p) => p < 0.3)).toBe(true);
    expect(probabilities.slice(115, 175).filter((p) => p > 0.5).length).toBeGreaterThan(30);
  });

  it('gives the same answers for any chunk length', () => {
    const speech = fixture('alan-06-stolen.wav');
    expect(detect(speech, 7)).toEqual(detect(speech, speech.length));
  });

  it('is silent after close', async () => {
    const vad = new EnergyVad();
    const heard: number[] = [];
    const stream = vad.open(8000, (p) => heard.push(p));
    await vad.start(new AbortController().signal);
    await vad.close();
    stream.write(noise(9000, 800));
    expect(heard).toEqual([]);
  });
});
